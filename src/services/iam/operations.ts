/** Every emulated operation, gathered from the family files. */
export const operations = {};
