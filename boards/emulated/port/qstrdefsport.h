// qstrs specific to this port that are not found by the scanner
// *FORMAT-OFF*

// Entries for sys.path
Q(/lib)
