/** docs/errors.md: exit statuses and errors, from their tables. Pure. */
import { ERRORS } from '#core/model/errors.ts';
import { EXIT_MEANS } from '#core/report/summary.ts';
import { page, table } from './markdown.ts';

export function errorsPage(): string {
  const statuses = Object.entries(EXIT_MEANS);
  const errors = Object.entries(ERRORS).map(([code, { exit, means, hint }]) => [`\`${code}\``, exit, means, hint]);

  return page('Exit statuses and errors', [
    table(['exit status', 'meaning'], statuses),
    'When several apply, the order is 4, 2, 1, 3.',
    table(['code', 'exit status', 'what happened', 'what to do'], errors),
  ]);
}
