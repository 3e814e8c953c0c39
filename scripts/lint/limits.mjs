/** The limits of style. eslint.config.mjs enforces them, `npm run figures` counts what breaks them. */
export const LIMITS = {
  /** Columns of a line. */
  width: 120,
  /** Columns of a tab. */
  tabWidth: 2,
  /** Cyclomatic complexity of a function. */
  complexity: 15,
  /** Positional parameters of a function: with more, one object of options. */
  parameters: 4,
  /** Statements in a line. */
  statements: 1,
};

/** A row of a table: one array or object literal on a line of its own. In tests it may be wide. */
export const TABLE_ROW = String.raw`^\s*(?:[\w'"-]+: )?[\[{].*[\]}],?$`;
