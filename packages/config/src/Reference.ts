import { fileVariables, type Setting } from "@nominal-code/domain/settings/Setting"
import { defaultModelOf, explorerModels } from "./DefaultModels.ts"
import { sections } from "./Settings.ts"
import { providerNames } from "./settings/Providers.ts"

const intro = `# Configuration

<!-- Generated: \`node packages/config/generate.ts\` writes this page and config.schema.json from the table of settings. -->

Every setting has two names: a path in a YAML file and a variable of the environment. Of several values the last one in this list wins:

1. the default,
2. the file that \`CONFIG_PATH\` names, else \`config.yaml\` in the working directory (not for \`nominal-code review\`, which runs in the repository that it reviews),
3. the environment,
4. the flags of a command.

\`config.example.yaml\` is a file to start from. [config.schema.json](../packages/config/config.schema.json) tells an editor
what may stand in it.

- **Everything that is wrong is reported at once**, each line with both names, and nothing starts. A secret's value is never shown.
- An empty variable is not set, and neither is an empty text in YAML. An empty \`GITHUB_WEBHOOK_SECRET\` is a missing one.
- Every secret may come from a file, as Docker and Kubernetes mount them: \`GITHUB_TOKEN_FILE=/run/secrets/github\`
  instead of \`GITHUB_TOKEN\`. The last line break of the file does not count. It is an error if the file cannot be
  read or is empty, and if both variables are set.
- Lists: \`[one, two]\` in YAML, \`one,two\` in the environment. A list of the environment replaces the file's.
- True or false: \`true\`, \`yes\`, \`1\`, \`false\`, \`no\`, \`0\`.
- Names that look like numbers need quotes in YAML: \`app_id: "12345"\`.
- A key that does not exist is an error that says which one was probably meant.
- A variable that looks like a misspelled setting (\`GITHUB_TOKN\`, \`github_token\`, \`ACCESS_ALLOWED_USERS\`) is a
  warning of \`serve\`. Where nothing starts, it stands below the errors.
- A wrong value that another one overrides is a warning: it has no effect before the other one is removed.
- Relative paths start at the working directory of the process; \`~\` is not expanded.
- Texts that have a \`_file\`: the file wins. It is read once, at start, and an empty file is an empty text.

\`serve\` needs a forge's token, its webhook's secret, \`reviewer.bot_username\`, \`access.allowed_users\` and the key of the model
service; \`run-job\` needs the token, and the key of the service that the job names.
`

const cell = (text: string): string => text.replaceAll("|", "\\|")

const codes = (names: ReadonlyArray<string>, between: string): string =>
  names.map((name) => `\`${name}\``).join(between)

const row = (setting: Setting<unknown>): string => {
  const { byDefault, doc, env, kind, yaml } = setting
  const variables = [...env, ...fileVariables(setting)]
  return `| ${
    [yaml.length === 0 ? "—" : codes(yaml, "<br>"), codes(variables, "<br>"), kind.label, byDefault, doc].map(cell)
      .join(
        " | "
      )
  } |`
}

const table = ({ note, settings, title }: (typeof sections)[number]): string =>
  [
    `## ${title}`,
    ...note === undefined ? [] : ["", note],
    "",
    "| YAML | Environment | Type | Default | Meaning |",
    "|---|---|---|---|---|",
    ...settings.map(row)
  ].join("\n")

const codeOr = (name: string | undefined, otherwise: string): string => name === undefined ? otherwise : `\`${name}\``

const models = (): string =>
  [
    "| Provider | Default model | Of explorers |",
    "|---|---|---|",
    ...providerNames.map((name) =>
      `| \`${name}\` | ${codeOr(defaultModelOf(name), "none: `agent.model` names it")} | ${
        codeOr(explorerModels[name], "the reviewer's")
      } |`
    )
  ].join("\n")

const next = "Next: [run it](operate.md): `config show` and `doctor` tell what these settings come to."

/** The page `docs/configuration.md`. */
export const referencePage = (): string => `${[intro.trim(), ...sections.map(table), models(), next].join("\n\n")}\n`
