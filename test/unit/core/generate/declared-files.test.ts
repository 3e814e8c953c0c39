/** The closed class of files that `init` declares: the rules of the profile, as entries that mean the same. */
import { expect } from 'chai';
import { declaredByRules } from '#core/generate/declared-files.ts';
import { exampleNames } from '#core/generate/example-names.ts';
import { FileMasks } from '#core/profile/semantics/file-masks.ts';
import { policyOf } from '#core/profile/semantics/policy.ts';
import type { ProfileBlock } from '#core/profile/syntax/ast.ts';
import { isRead, readProfileText } from '#core/profile/syntax/read-profile-text.ts';
import { declarationOf } from '#core/spec/closed/file-entries.ts';

function block(rules: readonly string[]): ProfileBlock {
  const text = readProfileText('p', `@{RUN}=/run/ /var/run/\nprofile p {\n${rules.join('\n')}\n}\n`, () => undefined);
  if (!isRead(text) || text.profiles[0] === undefined) throw new Error(JSON.stringify(text));
  return text.profiles[0];
}

describe('files that a profile declares', () => {
  it('are its rules, with denials as exceptions', () => {
    expect(declaredByRules(block(['file,', '/srv/** rw,', 'deny @{RUN}x wl,', 'deny owner "/a b" r,']))).to.deep.equal({
      allow: ['file'],
      except: ['/run/x wl', '/var/run/x wl', 'owner "/a b" r'],
    });
    expect(declaredByRules(block(['/usr/bin/* rPix,', 'link subset /a -> /b,', 'owner /h/** rwk,']))).to.deep.equal({
      allow: ['/usr/bin/* rix', 'link subset /a -> /b', 'owner /h/** rwk'],
      except: [],
    });
  });

  it('are none where entries cannot say it', () => {
    expect(declaredByRules(block(['priority=1 /srv/** r,']))).to.deep.equal({ allow: [] });
  });

  it('mean the same as the rules', () => {
    const rules = ['/{,**} r,', '/usr/bin/* px,', '/usr/lib/** mix,', 'deny @{RUN}** w,', 'owner @{RUN}/a? rwkl,'];
    const profile = policyOf(block([...rules, 'change_profile -> other,', 'deny /usr/bin/top x,']));
    const declared = declaredByRules(block([...rules, 'change_profile -> other,', 'deny /usr/bin/top x,']));
    const { masks, policies } = declarationOf(declared);
    const own = new FileMasks(profile);
    const { examples, complete } = exampleNames([profile, ...policies]);
    expect(complete).to.equal(true);
    expect(examples.length).to.be.greaterThan(20);
    for (const { path, target = '/x' } of examples) {
      expect(masks.at(path), path).to.deep.equal(own.at(path));
      expect(masks.link(path, target), path).to.deep.equal(own.link(path, target));
    }
  });
});
