// The price of loading a file.
#ifndef INCLUDED_READER_COST_H
#define INCLUDED_READER_COST_H

void reader_cost_forget(void);

#endif // INCLUDED_READER_COST_H
