/** `apparmor-probe diff-specs`: the profile of each spec against what it was at a commit; what the action does on a pull request. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { EXIT } from '#core/model/errors.ts';
import { changedSince, fetchCommit, hasCommit, pathInRepository } from '#adapters/host/git-revision.ts';
import { plain } from '#core/text/markdown.ts';
import { loadPlans } from '#adapters/host/load-specs.ts';
import { runDiff, type DiffArguments } from './diff.ts';

export interface DiffSpecsArguments extends Pick<DiffArguments, 'host' | 'labSuite'> {
  readonly since: string;
  readonly markdown: string;
  readonly profile?: string;
}

/**
 * Profiles whose folder did not change are left out. A commit that is not here, as in a shallow clone, is fetched.
 * @returns the worst exit code. @throws HarnessError `revision-unreadable`: what could not be compared is no green.
 */
export async function runDiffSpecs(specs: readonly string[], args: DiffSpecsArguments): Promise<number> {
  const plans = loadPlans(specs, { nonce: 'check', ...(args.profile === undefined ? {} : { profile: args.profile }) });
  const parts: string[] = [];
  let worst: number = EXIT.ok;
  for (const plan of plans) {
    if (plan.profile.from !== 'file') continue;
    const { file } = plan.profile;
    const path = await pathInRepository(file);
    if (path === undefined) continue;
    const folder = dirname(file);
    await fetchCommit(args.since, folder);
    if (!(await changedSince(args.since, folder))) continue;
    if (!(await hasCommit(`${args.since}:${path}`, folder))) {
      parts.push(`\n${plain(`${path} is new: there is nothing to compare it with.`)}\n`);
      continue;
    }
    const part = `${resolve(args.markdown)}.part`;
    rmSync(part, { force: true });
    worst = Math.max(
      worst,
      await runDiff([`${args.since}:${path}`, file], {
        host: args.host,
        labSuite: args.labSuite,
        spec: plan.file,
        json: false,
        markdown: part,
        include: [],
      }),
    );
    try {
      parts.push(readFileSync(part, 'utf8'));
    } catch {
      /* the command ended before it had anything to say */
    }
    rmSync(part, { force: true });
  }
  mkdirSync(dirname(resolve(args.markdown)), { recursive: true });
  writeFileSync(args.markdown, parts.join('\n'));
  return worst;
}
