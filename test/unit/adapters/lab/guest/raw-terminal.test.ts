import { expect } from 'chai';
import { exec } from '#adapters/host/exec.ts';
import { inTerminal, shellQuote } from '#adapters/lab/guest/raw-terminal.ts';

describe('a terminal in the guest', () => {
  it('quotes words so that a shell reads them back', async () => {
    const words = ['', "it's", '$HOME `id` "x" \\', 'a\nb', '*'];
    const { stdout } = await exec(['sh', '-c', `printf '%s\\0' ${words.map(shellQuote).join(' ')}`]);
    expect(stdout.toString().split('\0').slice(0, -1)).to.deep.equal(words);
  });

  it('sets the size and passes the exit status on', () => {
    const argv = inTerminal(['top', '-b'], { rows: 30, columns: 100 });
    expect(argv).to.include('--return');
    expect(argv.join(' ')).to.contain("stty rows 30 cols 100; exec 'top' '-b'");
  });
});
