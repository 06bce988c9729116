/**
 * Lint: the rules, and who may import what. Each message about an import names the page that says why.
 */

const packagesPage = "docs/architecture.md, Packages"
const bordersPage = "docs/architecture.md, Borders"

/** Our packages, each with those that it may import. */
const imports = {
  domain: [],
  config: ["domain"],
  persistence: ["domain"],
  forge: ["domain"],
  workspace: ["domain"],
  llm: ["domain"],
  agent: ["domain", "llm", "workspace", "persistence"],
  review: ["domain", "forge", "workspace", "agent", "persistence"],
  eval: ["domain", "llm", "workspace"],
  jobs: ["domain", "persistence"],
  kubernetes: ["domain", "persistence", "jobs"],
  server: ["domain", "forge", "jobs", "persistence"]
} as const
type Package = keyof typeof imports
const packages = ["domain", "config", "persistence", "forge", "workspace", "llm", "agent", "review", "eval"]
  .concat(["jobs", "kubernetes", "server", "testing"])

/** Libraries that are each imported in one folder, or in one package. */
const libraries = ["@anthropic-ai", "@aws-sdk", "@gitbeaker", "@google", "@kubernetes", "@octokit", "@vscode/ripgrep"]
  .concat(["aws4fetch", "google-auth-library", "ioredis", "jsonrepair", "markdown-it", "openai", "web-tree-sitter"])
  .concat(["yaml"])

interface Pattern {
  readonly group?: ReadonlyArray<string>
  readonly regex?: string
  readonly message: string
}

const notLibraries = (own: ReadonlyArray<string>): Pattern => ({
  regex: `^(?:${libraries.filter((name) => !own.includes(name)).join("|")})(?:/|$)`,
  message: `Each SDK is imported in one folder only, behind a service of ours (${bordersPage}).`
})

const notNode = (
  owner: string,
  own: ReadonlyArray<string>,
  message = `${owner} may import ${own.map((name) => `node:${name}`).join(", ") || "no module of Node"}: ` +
    `files, processes and sockets are Effect's services (${bordersPage}).`
): Pattern => ({ group: ["node:*", "node:*/**", ...own.map((name) => `!node:${name}`)], message })

const notTesting: Pattern = {
  group: ["@nominal-code/testing/**"],
  message: `testing is for tests: no source imports it (${packagesPage}).`
}

const directions = (name: Package): ReadonlyArray<Pattern> => {
  const own: ReadonlyArray<string> = imports[name]
  const barred = packages.filter((other) => other !== name && other !== "config" && !own.includes(other))
  const read = name === "kubernetes" ? ["KubernetesSettings", "PodScheduling"] : []
  return [
    {
      group: barred.map((other) => `@nominal-code/${other}/**`),
      message: `${name} imports ${
        own.length === 0 ? "no other package" : `${own.join(", ")} only`
      }: data moves one way (${packagesPage}).`
    },
    ...(name === "config" ? [] : [{
      group: ["@nominal-code/config/**", ...read.map((module) => `!@nominal-code/config/${module}`)],
      message:
        `A part takes options; only cli knows the configuration, and maps it in cli/src/Configured.ts (${bordersPage}).`
    }]),
    {
      group: ["nominal-code", "nominal-code/*"],
      message: `cli is the top: nothing imports it (${packagesPage}).`
    },
    {
      regex: "^(?:\\.\\./)+[a-z]+/(?:src|test)/",
      message: `Import another package by its name (${packagesPage}).`
    }
  ]
}

interface Override {
  readonly files: ReadonlyArray<string>
  readonly rules: Readonly<Record<string, unknown>>
}

const restricted = (
  files: ReadonlyArray<string>,
  patterns: ReadonlyArray<Pattern>,
  paths: ReadonlyArray<unknown> = []
): Override => ({ files, rules: { "no-restricted-imports": ["error", { paths, patterns }] } })

/** Rule for files of a package: its libraries, and its modules of Node. */
const within = (name: Package, own: ReadonlyArray<string>, ofNode: Pattern, files = "**"): Override =>
  restricted([`packages/${name}/src/${files}`], [...directions(name), notLibraries(own), ofNode])

/** Rules of a package in which each library has a folder of its own. A later rule takes the place of an earlier one. */
const byFolder = (
  name: Package,
  folders: Readonly<Record<string, ReadonlyArray<string>>>,
  ofNode: Pattern
): ReadonlyArray<Override> => [
  within(name, [], ofNode),
  ...Object.entries(folders).map(([folder, own]) => within(name, own, ofNode, folder))
]

const roots = "Only composition roots know AppConfig: the commands, Configured, Runner, Storage and " +
  `doctor/Examination. Take the group of settings as a parameter (${bordersPage}).`
const cli = ["crypto", "http", "https", "process", "stream", "v8", "zlib"]
const workspace = ["crypto", "os", "process", "tls", "util"]
const parser = ["fs", "fs/promises", "module", "url", "vm", "worker_threads", "zlib"]

export default {
  plugins: ["typescript", "import", "unicorn", "oxc"],
  categories: { correctness: "error", suspicious: "warn" },
  rules: {
    "max-lines": ["error", { max: 400, skipBlankLines: false, skipComments: false }],
    "typescript/no-explicit-any": "error",
    "typescript/no-non-null-assertion": "error",
    "no-console": "error",
    "unicorn/prefer-node-protocol": "error",
    "typescript/consistent-type-imports": "error",
    "import/no-cycle": "error",
    "require-yield": "off",
    "no-unused-vars": "error",
    "unicorn/no-array-for-each": "off",
    "no-await-in-loop": "off",
    "no-control-regex": "off",
    "no-shadow": "off",
    "no-underscore-dangle": "off",
    "import/no-unassigned-import": "off",
    "unicorn/no-array-sort": "off",
    "unicorn/no-array-reverse": "off",
    "unicorn/consistent-function-scoping": "off"
  },
  ignorePatterns: ["node_modules", "dist", "**/dist/**", "docs/api.d.ts"],
  overrides: [
    within("domain", ["yaml"], notNode("domain", ["crypto"])),
    within("config", [], notNode("config", ["crypto", "net", "url"])),
    within("persistence", ["ioredis"], notNode("persistence", ["crypto", "net", "sqlite", "url", "zlib"])),
    ...byFolder(
      "forge",
      { "github/**": ["@octokit"], "gitlab/**": ["@gitbeaker"], "outgoing/**": ["markdown-it"] },
      notNode("forge", ["crypto"])
    ),
    ...byFolder("workspace", { "tools/Ripgrep.ts": ["@vscode/ripgrep"] }, notNode("workspace", workspace)),
    within(
      "workspace",
      ["web-tree-sitter"],
      notNode(
        "workspace",
        [...workspace, ...parser],
        `Only what parses may use ${parser.map((name) => `node:${name}`).join(", ")}: ` +
          `it runs without Effect (${bordersPage}).`
      ),
      "syntax/**"
    ),
    ...byFolder(
      "llm",
      {
        "{Anthropic.ts,anthropic/**}": ["@anthropic-ai", "@aws-sdk", "aws4fetch"],
        "Bedrock.ts": ["@anthropic-ai", "aws4fetch"],
        "{Azure,Chat,OpenAi}.ts": ["openai"],
        "{chat,openai}/**": ["openai"],
        "Google.ts": ["@google"],
        "google/**": ["@google"],
        "Vertex.ts": ["@anthropic-ai", "@google", "google-auth-library"]
      },
      notNode("llm", [])
    ),
    within("agent", [], notNode("agent", [])),
    within("review", ["jsonrepair"], notNode("review", ["url"])),
    within("eval", [], notNode("eval", ["url"])),
    within("jobs", [], notNode("jobs", ["crypto", "zlib"])),
    within("kubernetes", ["@kubernetes"], notNode("kubernetes", ["crypto"])),
    within("server", [], notNode("server", ["http"])),
    restricted(["packages/cli/src/**"], [notTesting, notLibraries([]), notNode("cli", cli)], [
      { name: "@nominal-code/config/AppConfig", importNames: ["AppConfig"], message: roots },
      { name: "@nominal-code/config/AppConfigLayer", message: roots }
    ]),
    restricted(
      ["commands/*", "Configured", "Runner", "Storage", "doctor/Examination", "index"].map((file) =>
        `packages/cli/src/${file}.ts`
      ),
      [notTesting, notLibraries([]), notNode("cli", ["crypto", "http", "process"])]
    ),
    { files: ["test/**", "packages/*/test/**"], rules: { "no-console": "off" } }
  ]
}
