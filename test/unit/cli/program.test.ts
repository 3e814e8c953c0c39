import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { expect } from 'chai';
import { optionsOf, OPTIONS } from '#cli/options.ts';
import type { CommandName } from '#cli/command-arguments.ts';
import { allCommands, createProgram } from '#cli/program.ts';

const COMMANDS = Object.keys(OPTIONS) as CommandName[];
const README = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');

/** The command of a table: `lab` is the table of all lab commands but `lab destroy`. */
function commandsOf(name: CommandName): Command[] {
  const program = createProgram();
  const find = (words: readonly string[]): Command => {
    const found = words.reduce<Command | undefined>(
      (command, word) => command?.commands.find((candidate) => candidate.name() === word),
      program,
    );
    if (found === undefined) throw new Error(`There is no command ${words.join(' ')}.`);
    return found;
  };
  const paths = name === 'lab' ? ['lab build', 'lab exec', 'lab shell'] : [name];
  return paths.map((path) => find(path.split(' ')));
}

describe('the program', () => {
  for (const name of COMMANDS)
    it(`lists every option of the table in the help of ${name}, and no other`, () => {
      for (const command of commandsOf(name)) {
        const help = command.helpInformation();
        const rows = optionsOf(name).map(([, row]) => row);
        const listed = Array.from(help.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm), ([, flag]) => flag);
        const visible = rows.filter(({ hidden }) => hidden !== true).map(({ flag }) => flag);
        expect(listed).to.deep.equal([...visible, '--help']);
      }
    });

  for (const name of COMMANDS)
    it(`gives the options of ${name} the names that its code uses`, () => {
      for (const command of commandsOf(name)) {
        const names = command.options.map((option) => option.attributeName());
        expect(names).to.deep.equal(optionsOf(name).map(([key]) => key));
      }
    });

  it('describes each command and each option in one line without a full stop', () => {
    for (const command of allCommands(createProgram()).slice(1)) {
      expect(command.description(), command.name()).to.match(/^.+[^.]$/);
      for (const { flags, description } of command.options) expect(description, flags).to.match(/^.+[^.]$/);
    }
  });

  it('has every command and option that the table of the README names', () => {
    const program = createProgram();
    const table = README.split('\n').filter((line) => line.startsWith('| `apparmor-probe '));
    expect(table.length).to.be.greaterThan(5);
    for (const line of table) {
      const name = /^\| `apparmor-probe (\w+)/.exec(line)?.[1];
      const command = program.commands.find((candidate) => candidate.name() === name);
      expect(command, line).not.to.equal(undefined);
      const known = command === undefined ? [] : allCommands(command).flatMap(({ options }) => options);
      const words = new Set(known.flatMap(({ long, short }) => [long, short]));
      for (const [, option] of line.matchAll(/(?<![\w-])(--?[a-zA-Z][\w-]*)/g)) expect(words, line).to.include(option);
    }
  });
});
