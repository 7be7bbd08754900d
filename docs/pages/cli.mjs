// docs/cli.md: every command with its arguments, options and examples, as the program itself declares them, and the
// exit codes from the table of errors.
import { argumentText } from '../../packages/cli/dist/command/help.js';
import { notesOf } from '../../packages/cli/dist/command/notes.js';
import { commandsOf, typedName } from '../../packages/cli/dist/command/tree.js';
import { createProgram } from '../../packages/cli/dist/program.js';
import { ERRORS } from '../../packages/hub/dist/errors.js';
import { code, generated, table } from './markdown.mjs';

export function cliPage() {
  const program = createProgram(() => {});
  const commands = commandsOf(program);
  return `${generated('packages/cli/src/program.ts and packages/hub/src/errors.ts')}

# The hub command

${commands.map((command) => `- [${code(typedName(command))}](#${anchor(command)}): ${command.description()}`).join('\n')}

What a command has to say comes on standard output, and what it says about its work, progress and errors on standard
error. On a terminal there are colours, and tables are cut to its width; what is piped is plain. \`NO_COLOR\` takes the
colours away, \`FORCE_COLOR\` brings them into a pipe. With \`--json\` there is one JSON object a line for programs, with
what is endless as \`"+Inf"\`.

These options can stand after every command:

${optionsTable(program.createHelp().visibleOptions(program))}

${commands.map(commandSection).join('\n\n')}

## Exit codes

An error is one line on standard error for each problem, and one of these codes; \`--verbose\` adds stack traces and causes.

${table([
  { 'exit code': '0', error: '', text: 'The command did what it was to do.' },
  {
    'exit code': '1',
    error: '',
    text: 'Something that nobody has foreseen, or standard output that cannot be written.',
  },
  {
    'exit code': '2',
    error: '',
    text: 'The command line cannot be meant: an unknown command or option, a wrong value.',
  },
  ...Object.entries(ERRORS)
    .toSorted(([, a], [, b]) => a.exitCode - b.exitCode)
    .map(([name, { exitCode, summary }]) => ({ 'exit code': String(exitCode), error: code(name), text: summary })),
  { 'exit code': '130', error: '', text: 'Ctrl-C ended the command before it had done all that it was to do.' },
])}
`;
}

const anchor = (command) => typedName(command).replaceAll(' ', '-');

function commandSection(command) {
  const { text = [], examples = [] } = notesOf(command) ?? {};
  const args = command.registeredArguments.map((argument) => ({
    argument: code(argumentText(argument)),
    default: defaultText(argument.defaultValue),
    text: argument.description,
  }));
  return [
    `## ${typedName(command)}`,
    code(`${typedName(command)} ${command.usage()}`),
    command.description(),
    ...(args.length === 0 ? [] : [table(args)]),
    ...(command.options.length === 0 ? [] : [optionsTable(command.options)]),
    ...text,
    ...(examples.length === 0 ? [] : [examplesBlock(examples)]),
  ].join('\n\n');
}

function optionsTable(options) {
  return table(
    options.map((option) => ({
      option: code(option.flags),
      default:
        option.presetArg === undefined
          ? (option.defaultValueDescription ?? defaultText(option.defaultValue))
          : `${option.presetArg}, without a value`,
      text: option.description,
    })),
  );
}

/** Nothing is what an option has that is not given: no value, no flag, no arguments. */
const defaultText = (value) =>
  value === undefined || value === false || value.length === 0 ? '' : code(JSON.stringify(value));

function examplesBlock(examples) {
  const longest = Math.max(...examples.map(([line]) => line.length));
  return `\`\`\`sh\n${examples.map(([line, what]) => `${line.padEnd(longest)}  # ${what}`).join('\n')}\n\`\`\``;
}
