/** Mutants that carve a part out of a rule, or bind it to a condition. Pure. */
import { carveCapability } from './carve/carve-capability.ts';
import { carveContext, type CarveOperator } from './carve/carve-context.ts';
import { carveLetter } from './carve/carve-letter.ts';
import { carveLink } from './carve/carve-link.ts';
import { carveMount } from './carve/carve-mount.ts';
import { carveName } from './carve/carve-name.ts';
import { carveNetwork } from './carve/carve-network.ts';
import { carveOwner } from './carve/carve-owner.ts';
import { carvePtrace } from './carve/carve-ptrace.ts';
import { carveScrub } from './carve/carve-scrub.ts';
import { carveSignal } from './carve/carve-signal.ts';
import { carveUnix } from './carve/carve-unix.ts';
import { ruleDraft, type MutantDraft } from './mutant.ts';
import type { MutationWorld } from './mutation-world.ts';
import type { Operator } from './operators.ts';
import type { ProfileText } from '../profile/syntax/ast.ts';

const CARVINGS: readonly (readonly [Operator, CarveOperator])[] = [
  ['carve-letter', carveLetter],
  ['carve-name', carveName],
  ['carve-capability', carveCapability],
  ['carve-owner', carveOwner],
  ['carve-mount', carveMount],
  ['carve-network', carveNetwork],
  ['carve-signal', carveSignal],
  ['carve-ptrace', carvePtrace],
  ['carve-unix', carveUnix],
  ['carve-link', carveLink],
  ['carve-scrub', carveScrub],
];

interface CarvingOptions {
  /** Also change rules of included files. */
  readonly included: boolean;
  readonly world: MutationWorld;
}

/** One mutant for each part that can be carved out of a rule. */
export function carvingsOf(text: ProfileText, { included, world }: CarvingOptions): MutantDraft[] {
  return text.profiles
    .flatMap(({ rules }) => rules)
    .filter(({ via }) => included || via.length === 0)
    .flatMap((rule) => {
      const context = carveContext(text, rule, world);
      return CARVINGS.flatMap(([kind, operator]) =>
        operator(context).map((edits) => ruleDraft(context.source, rule, kind, edits)),
      );
    });
}
