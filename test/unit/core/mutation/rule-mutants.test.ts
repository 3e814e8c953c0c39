/** Mutants as edits of a profile's text: every kind, and nothing but the one change. */
import { expect } from 'chai';
import { changeText, mutatedText } from '#core/mutation/mutant.ts';
import { mutantsOf } from '#core/mutation/rule-mutants.ts';
import { expressionChanges } from '#core/mutation/mutate-expression.ts';
import { isRead, readProfileText } from '#core/profile/syntax/read-profile-text.ts';
import type { ProfileText } from '#core/profile/syntax/ast.ts';

const INCLUDED = 'signal peer=x,\n';

function text(rules: string, header = 'profile p'): ProfileText {
  const read = readProfileText('/p', `# head\n${header} {\n${rules}\n}\n`, ({ name }) => [
    { file: `/inc/${name}`, text: INCLUDED },
  ]);
  if (!isRead(read)) throw new Error(read.message);
  return read;
}

function changes(rules: string, header?: string): string[] {
  return mutantsOf(text(rules, header)).map((mutant) => `${mutant.kind}: ${changeText(mutant)}`);
}

describe('mutantsOf', () => {
  it('drops and flips a deny rule, and drops each of its letters', () => {
    expect(changes('  deny /usr/** wl,')).to.deep.equal([
      'drop: deny /usr/** wl → nothing',
      'flip: deny /usr/** wl → /usr/** wl',
      'permission: deny /usr/** wl → deny /usr/** l',
      'permission: deny /usr/** wl → deny /usr/** w',
      'expression: deny /usr/** wl → deny /usr/* wl',
    ]);
  });

  it('has the execute mode in a flipped rule where it allows, and not where it denies', () => {
    expect(changes('  deny /x mrx,')).to.include('flip: deny /x mrx → /x mrix');
    expect(changes('  /x rPx -> y,')).to.include('flip: /x rPx -> y → deny /x rx -> y');
  });

  it('loosens transitions: without clearing the environment, to ux, to ix', () => {
    expect(changes('  /x Px -> y,').filter((one) => one.startsWith('exec'))).to.deep.equal([
      'exec: /x Px -> y → /x px -> y',
      'exec: /x Px -> y → /x ux',
      'exec: /x Px -> y → /x ix',
    ]);
    expect(changes('  /x ix,')).to.include('exec: /x ix → /x ux');
  });

  it('drops each flag, and the brackets with the last', () => {
    expect(changes('  file,', 'profile p flags=(attach_disconnected, mediate_deleted)').slice(0, 2)).to.deep.equal([
      'flag: flags=(attach_disconnected,mediate_deleted) → flags=(mediate_deleted)',
      'flag: flags=(attach_disconnected,mediate_deleted) → flags=(attach_disconnected)',
    ]);
    const one = text('  file,', 'profile p flags=(complain)');
    expect(mutatedText(one, mutantsOf(one)[0]!)).to.equal('# head\nprofile p  {\n  file,\n}\n');
  });

  it('drops each qualifier', () => {
    expect(changes('  audit owner /x r,'))
      .to.include('qualifier: audit owner /x r → owner /x r')
      .and.include('qualifier: audit owner /x r → audit /x r')
      .and.include('flip: audit owner /x r → audit deny owner /x r');
    expect(changes('  priority=3 audit deny /x r,'))
      .to.include('flip: priority=3 audit deny /x r → priority=3 audit /x r')
      .and.include('qualifier: priority=3 audit deny /x r → audit deny /x r');
  });

  it('drops each word of a list', () => {
    expect(changes('  signal (send,receive) set=(hup int) peer=a,'))
      .to.include('permission: signal (send,receive) set=(hup int) peer=a → signal (receive) set=(hup int) peer=a')
      .and.include('permission: signal (send,receive) set=(hup int) peer=a → signal (send,receive) set=(int) peer=a');
    expect(changes('  capability chown setuid,')).to.include('permission: capability chown setuid → capability setuid');
  });

  it('changes expressions of peers', () => {
    expect(changes('  signal peer={a,b},'))
      .to.include('expression: signal peer={a,b} → signal peer=b')
      .and.include('expression: signal peer={a,b} → signal peer=a');
  });

  it('keeps comments and layout, and changes the original in one place only', () => {
    const read = text('  # why\n  deny   /a/** w,  # because\n  /b r,\n');
    const original = read.files.get('/p')!;
    for (const mutant of mutantsOf(read)) {
      const changed = mutatedText(read, mutant);
      expect(changed, mutant.id).to.not.equal(original);
      expect(
        changed.split('\n').filter((_, line) => line !== mutant.line - 1),
        mutant.id,
      ).to.deep.equal(original.split('\n').filter((_, line) => line !== mutant.line - 1));
    }
    expect(new Set(mutantsOf(read).map(({ id }) => id)).size).to.equal(mutantsOf(read).length);
  });

  it('changes rules of included files only on demand, unfolded where they are included', () => {
    const read = text('  #include <abs>\n  file,');
    expect(mutantsOf(read).some(({ file }) => file !== '/p')).to.equal(false);
    const mutant = mutantsOf(read, { included: true }).find(
      ({ kind, file }) => file === '/inc/abs' && kind === 'flip',
    )!;
    expect(mutatedText(read, mutant)).to.equal('# head\nprofile p {\n  \ndeny signal peer=x,\n\n\n  file,\n}\n');
  });

  it('changes stars and alternatives, nested ones too, and keeps variables, classes and escapes', () => {
    const made = (expression: string): string[] =>
      expressionChanges(expression).map(
        ({ start, end, text: other }) => expression.slice(0, start) + other + expression.slice(end),
      );
    expect(made('/a/**')).to.deep.equal(['/a/*']);
    expect(made('@{HOME}/\\*/[^a]*')).to.deep.equal(['@{HOME}/\\*/[^a]**']);
    expect(made('/{,usr/}bin')).to.deep.equal(['/usr/bin', '/bin']);
    expect(made('/{a,{b,c}}x')).to.deep.equal(['/{b,c}x', '/ax', '/{a,c}x', '/{a,b}x']);
    expect(made('/plain')).to.deep.equal([]);
  });
});
