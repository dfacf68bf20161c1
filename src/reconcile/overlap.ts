/**
 * Seconds before the mark that every look reads again, because Benchling may show a change later than it happened; the
 * records tell what was seen already. Also covers what happened shortly before the first look.
 */
export const OVERLAP_S = 600
