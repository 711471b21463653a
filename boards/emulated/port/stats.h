// Counters, for the plant.
#ifndef INCLUDED_STATS_H
#define INCLUDED_STATS_H

void stats_emit(void);

#endif // INCLUDED_STATS_H
