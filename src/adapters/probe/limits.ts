/** Bytes of each output stream of a probe that are kept for the reports; the rest is counted. */
export const OUTPUT_CAP = 32 * 1024;
