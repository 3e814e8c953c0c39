/** docs/action.md: inputs and outputs of the GitHub Action, from action.yml. Pure. */
import { parse } from 'yaml';
import { page, table } from './markdown.ts';

/** What is read of action.yml. */
interface Action {
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default?: string }>>;
  readonly outputs: Readonly<Record<string, { readonly description: string }>>;
}

const RUNNERS =
  'Runs on Linux runners with AppArmor, Docker and passwordless sudo, such as `ubuntu-24.04`; ' +
  'not in a job container, which hides the kernel.';

/** @param yaml the text of action.yml */
export function actionPage(yaml: string): string {
  const action = parse(yaml) as Action;
  const inputs = Object.entries(action.inputs).map(([name, input]) => [
    `\`${name}\``,
    input.default === undefined ? '' : `\`${input.default}\``,
    input.description,
  ]);
  const outputs = Object.entries(action.outputs).map(([name, { description }]) => [`\`${name}\``, description]);

  return page('The action', [
    RUNNERS,
    table(['input', 'default', 'meaning'], inputs),
    table(['output', 'meaning'], outputs),
  ]);
}
