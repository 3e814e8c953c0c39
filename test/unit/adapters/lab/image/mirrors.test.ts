import { expect } from 'chai';
import { debianMirror, findMirror } from '#adapters/lab/image/mirrors.ts';

describe('lab/mirrors', () => {
  const list = (text: string): string | undefined => findMirror([{ name: 'sources.list', text }]);
  const deb822 = (text: string): string | undefined => findMirror([{ name: 'debian.sources', text }]);

  it('reads the one-line format, with options and a trailing slash', () => {
    expect(
      list(
        '# a comment\ndeb-src http://no.example/debian trixie main\ndeb [arch=amd64 signed-by=/k.gpg] https://m.example/debian/ trixie main contrib # why',
      ),
    ).to.equal('https://m.example/debian');
  });

  it('reads the deb822 format, with comments, continued lines and several stanzas', () => {
    expect(
      deb822(
        'Types: deb\nURIs: http://other.example/\nSuites: nodistro\nComponents: main\n\n# x\nTypes: deb deb-src\n# y\nURIs:\n http://m.example/debian\nSuites: bookworm\n bookworm-updates\nComponents: main contrib\n',
      ),
    ).to.equal('http://m.example/debian');
  });

  it('passes over security archives, foreign releases, disabled stanzas and missing main', () => {
    expect(
      list(
        'deb http://a.example/security trixie-security main\ndeb http://u.example/ubuntu noble main\ndeb http://c.example/debian trixie contrib',
      ),
    ).to.equal(undefined);
    expect(deb822('Enabled: no\nTypes: deb\nURIs: http://m.example/\nSuites: sid\nComponents: main')).to.equal(
      undefined,
    );
    expect(deb822('Types: deb-src\nURIs: http://m.example/\nSuites: sid\nComponents: main')).to.equal(undefined);
  });

  it('takes only addresses that mmdebstrap can reach', () => {
    expect(
      deb822(
        'Types: deb\nURIs: mirror+file:/etc/mirrors cdrom:x https://m.example/debian\nSuites: sid\nComponents: main',
      ),
    ).to.equal('https://m.example/debian');
  });

  it('prefers the environment, and says what to set when there is nothing', async () => {
    const before = process.env['APPARMOR_PROBE_MIRROR'];
    try {
      process.env['APPARMOR_PROBE_MIRROR'] = 'http://given.example/debian/';
      expect(await debianMirror('/nowhere')).to.equal('http://given.example/debian');
      delete process.env['APPARMOR_PROBE_MIRROR'];
      const error: unknown = await debianMirror('/nowhere').catch((thrown: unknown) => thrown);
      expect(error).to.include({ code: 'lab-tools' });
      expect((error as Error).message).to.contain('APPARMOR_PROBE_MIRROR');
    } finally {
      if (before === undefined) delete process.env['APPARMOR_PROBE_MIRROR'];
      else process.env['APPARMOR_PROBE_MIRROR'] = before;
    }
  });
});
