/** Names of the reports inside the report folder. The command line writes them, the action reads them. */
export const REPORT_FILES = {
  junit: 'junit.xml',
  json: 'report.json',
  markdown: 'summary.md',
  html: 'report.html',
} as const;
/** What `mutate` writes there. */
export const MUTATION_FILES = { json: 'mutation.json', markdown: 'mutation.md' } as const;
