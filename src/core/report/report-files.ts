/** Names of the reports inside the report folder. Pure. */

/** What `run` writes there, and the action reads. */
export const REPORT_FILES = {
  junit: 'junit.xml',
  json: 'report.json',
  markdown: 'summary.md',
  html: 'report.html',
} as const;

/** What `mutate` writes there. */
export const MUTATION_FILES = {
  json: 'mutation.json',
  markdown: 'mutation.md',
} as const;
