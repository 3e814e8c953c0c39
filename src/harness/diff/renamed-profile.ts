/** A profile under the name that it has in the other version: what it says of itself is no difference then. */
import { profileText } from '#adapters/kernel/parser/read-profile-file.ts';
import type { IncludeFolders } from '#core/model/model.ts';
import { makeCopy } from '#core/profile/copy/make-copy.ts';
import type { ProfileBlock, ProfileText } from '#core/profile/syntax/ast.ts';

/**
 * @param to the new name, also of a child: `parent//child`
 * @returns the profile as it was, where it cannot be renamed: then rules that name it differ
 */
export function withNewName(
  text: ProfileText,
  block: ProfileBlock,
  { to, includes }: { readonly to: string; readonly includes: IncludeFolders },
): ProfileBlock {
  const [oldTop = ''] = block.name.split('//');
  const [newTop = ''] = to.split('//');
  const copy = makeCopy(text, [oldTop], () => newTop);
  if ('problem' in copy) return block;
  const renamed = profileText(text.file, includes, copy.source).profiles.find(({ name }) => name === to);
  return renamed === undefined ? block : { ...block, name: to, rules: renamed.rules };
}
