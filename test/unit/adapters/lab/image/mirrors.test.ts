import { expect } from 'chai';
import { debianMirror, findMirror } from '#adapters/lab/image/mirrors.ts';

const lines = (...text: readonly string[]): string => text.join('\n');

describe('the Debian mirror', () => {
  const list = (text: string): string | undefined => findMirror([{ name: 'sources.list', text }]);
  const deb822 = (text: string): string | undefined => findMirror([{ name: 'debian.sources', text }]);

  it('is read from the one-line format, with options and a trailing slash', () => {
    expect(
      list(
        lines(
          '# a comment',
          'deb-src http://no.example/debian trixie main',
          'deb [arch=amd64 signed-by=/k.gpg] https://m.example/debian/ trixie main contrib # why',
        ),
      ),
    ).to.equal('https://m.example/debian');
  });

  it('is read from the deb822 format, with comments, continued lines and several stanzas', () => {
    expect(
      deb822(
        lines(
          ...['Types: deb', 'URIs: http://other.example/', 'Suites: nodistro', 'Components: main', '', '# x'],
          ...['Types: deb deb-src', '# y', 'URIs:', ' http://m.example/debian', 'Suites: bookworm'],
          ...[' bookworm-updates', 'Components: main contrib', ''],
        ),
      ),
    ).to.equal('http://m.example/debian');
  });

  it('is not taken from security archives, foreign releases, disabled stanzas and missing main', () => {
    expect(
      list(
        lines(
          'deb http://a.example/security trixie-security main',
          'deb http://u.example/ubuntu noble main',
          'deb http://c.example/debian trixie contrib',
        ),
      ),
    ).to.equal(undefined);
    expect(deb822('Enabled: no\nTypes: deb\nURIs: http://m.example/\nSuites: sid\nComponents: main')).to.equal(
      undefined,
    );
    expect(deb822('Types: deb-src\nURIs: http://m.example/\nSuites: sid\nComponents: main')).to.equal(undefined);
  });

  it('is only an address that mmdebstrap can reach', () => {
    expect(
      deb822(
        'Types: deb\nURIs: mirror+file:/etc/mirrors cdrom:x https://m.example/debian\nSuites: sid\nComponents: main',
      ),
    ).to.equal('https://m.example/debian');
  });

  it('comes from the environment first, and is an error that says what to set when there is none', async () => {
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
