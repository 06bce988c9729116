import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { freePort } from "@nominal-code/testing/FreePort"
import { Effect, FileSystem, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { env } from "node:process"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../..", import.meta.url))

/** Variables of a program that runs from the sources: Node compiles what several of them import once. */
const programs = { PATH: env["PATH"], NODE_COMPILE_CACHE: env["NODE_COMPILE_CACHE"] }

const read = (path: string) => readFileSync(`${root}/${path}`, "utf8")

const pages = ["README.md", "CONTRIBUTING.md", ...readdirSync(`${root}/docs`).map((name) => `docs/${name}`)]
  .filter((path) => path.endsWith(".md"))

const blocksOf = (path: string) => [...read(path).matchAll(/```sh\n([^]*?)```/g)].map(([, block = ""]) => block)

const commandsOf = (path: string) =>
  blocksOf(path).flatMap((block) => block.split("\n")).map((line) => line.replace(/\s+#.*$/, "").trim()).filter(Boolean)

const packed = (example: string): readonly [file: string, text: string] => [
  "test/journeys/Package.test.ts",
  `"${example}"`
]

const terminal = ["test/journeys/ReviewInTerminal.test.ts", `pageOf("models")`] as const

const evaluated = (text: string): readonly [file: string, text: string] => ["packages/cli/test/Eval.test.ts", text]

/** Tests that run the commands which this file does not, with the text that has to stand there. */
const runElsewhere: Readonly<Record<string, readonly [file: string, text: string]>> = {
  "make demo": [".ci/run", "make demo"],
  "make test": [".ci/run", "make test"],
  "make check": [".ci/run", "make check"],
  "make build": ["test/journeys/Package.test.ts", "buildInto(dist"],
  "make executable": ["test/nodes/Artifact.nodes.ts", "ci/executable.ts"],
  "executable/nominal-code review --staged": ["test/nodes/Artifact.nodes.ts", `executable, "review", "--staged"`],
  "npx nominal-code eval --max-usd 5 --out before": evaluated("out: Option.some("),
  "npx nominal-code eval --max-usd 5 --out after --model claude-haiku-4-5": evaluated("out: Option.some("),
  "npx nominal-code eval --compare before after": evaluated("compare: true, suites: ["),
  "npx nominal-code eval my-suite --floor f1=0.6,findings=3.5": evaluated("floors: floors("),
  "npx nominal-code eval goldens.json --candidates candidates.json --tool nominal-code --judge gpt-5.2 --judge-url https://api.openai.com/v1":
    evaluated("candidates: Option.some("),
  "npx nominal-code replay 3f9c2b7a1d --json": ["test/journeys/EndToEnd.test.ts", `"replay", job.id, "--json")`],
  "REDIS_URL=redis://... npx nominal-code replay 3f9c2b7a1d --repository .": [
    "test/journeys/Kubernetes.test.ts",
    `"replay", job, "--repository"`
  ],
  "npx nominal-code replay 3f9c2b7a1d --model claude-haiku-4-5": [
    "test/journeys/EndToEnd.test.ts",
    `"claude-haiku-4-5"`
  ],
  "make storm": ["test/journeys/Storm.test.ts", "Storm.run"],
  "node docs/examples/own-model.ts . http://localhost:11434/v1 qwen3-coder": packed("own-model"),
  "node docs/examples/own-forge.ts . HEAD~1 HEAD": packed("own-forge"),
  "node docs/examples/own-tool.ts .": packed("own-tool"),
  "node docs/examples/own-step.ts .": packed("own-step"),
  "node docs/examples/queue-worker.ts ./data acme/shop 7 8": packed("queue-worker"),
  [`npx nominal-code run-job --payload '{"pull_request": "https://github.com/acme/api/pull/7"}'`]: [
    "packages/cli/test/Cli.test.ts",
    `{"pull_request": "https://github.com/acme/api/pull/7"}`
  ],
  "node docs/examples/review-changes.ts .": packed("review-changes"),
  "npx nominal-code github-app --webhook-url https://nominal.example/webhooks/github --name acme-reviews": [
    "packages/cli/test/GitHubApp.test.ts",
    `["--webhook-url", webhook, "--name",`
  ],
  "npx nominal-code reconcile --dry-run": ["packages/cli/test/Reconcile.test.ts", `"reconcile", "--dry-run"`],
  "npx nominal-code jobs list": ["packages/cli/test/Jobs.test.ts", "list"],
  "npx nominal-code doctor": ["packages/cli/test/Doctor.test.ts", `"doctor"`],
  "npx nominal-code config show": ["packages/cli/test/ConfigShow.test.ts", `"config", "show"`],
  "npx nominal-code costs": ["packages/cli/test/Costs.test.ts", "costs()"],
  "npx nominal-code costs --since 30d --by model": [
    "packages/cli/test/Costs.test.ts",
    `"--since", "30d", "--by", "model"`
  ],
  "sudo npm install --global --prefix /usr/local --install-links ./dist": [
    "test/journeys/Package.test.ts",
    `"--install-links"`
  ],
  "ollama pull qwen3-coder:30b": terminal,
  "OLLAMA_CONTEXT_LENGTH=65536 ollama serve &": terminal,
  "nominal-code review --provider ollama --model qwen3-coder:30b": terminal
}

/** Commands that take minutes, or need what a stranger's machine has: their smallest part, and what it says. */
const small: Readonly<Record<string, readonly [part: string, says: RegExp]>> = {
  "git clone https://github.com/gauthierdmn/nominal-code && cd nominal-code": ["&& git log --format=%s", /^one$/m],
  "make bench": ["ARGS=--help", /Figures of speed and size[^]*--write/],
  "make eval": ["ARGS='--only csharp-async-void'", /1 of 1 goldens found/],
  "make test-kube": ["", /no real cluster is tried: KUBEBUILDER_ASSETS is not set/]
}

describe("a page of the documentation", () => {
  it.each(pages.filter((path) => path.startsWith("docs/")))(
    "%s ends with the next one, which is there",
    (path) => {
      const last = read(path).trimEnd().split("\n").at(-1) ?? ""
      const links = [...last.matchAll(/\]\(([^)#]+)/g)].map(([, link = ""]) => link)
      assert.match(last, /^Next: /)
      assert.isNotEmpty(links)
      for (const link of links) assert.isTrue(existsSync(`${root}/docs/${link}`), link)
    }
  )
})

/** Program that prints an answer as `curl` does, once there is one. */
const ask = `const ask = (left) => fetch(process.argv.at(-1)).then((answer) => answer.text())
    .then(console.log, () => left > 0 && setTimeout(ask, 200, left - 1))
  ask(20)`

/** Output of the page's three steps: the settings, their placeholders filled in, the server, until it is ready. */
const followed = Effect.fnUntraced(function*(settings: string, serve: string, isReady: string) {
  const fs = yield* FileSystem.FileSystem
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const home = yield* fs.makeTempDirectoryScoped({ prefix: "docs-" })
  const port = yield* freePort
  // Node stands in for two programs that a machine may lack. Its start takes longer than a question: it asks often.
  const script = `
    openssl() { node -p 'require("node:crypto").randomBytes(32).toString("hex")'; }
    curl() { node -e '${ask}' -- "$@"; }
    ${settings.replaceAll(/your(?=[-_])/g, "filled_in")}
    export WEBHOOK_PORT=${port} WEBHOOK_HOST=127.0.0.1
    ${serve.trim()} &
    while kill -0 $!; do
      ${isReady.trim().replace("localhost:8080", `127.0.0.1:${port}`)}
      sleep 0.5
    done`
  const child = yield* spawner.spawn(ChildProcess.make("bash", ["-c", script], {
    cwd: root,
    env: { ...programs, PATH: `${root}/node_modules/.bin:${env["PATH"]}`, HOME: home, TMPDIR: home },
    stdin: "ignore",
    forceKillAfter: "5 seconds"
  }))
  return yield* child.all.pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.takeUntil((line) => line.includes("\"status\":\"ready\"")),
    Stream.runCollect,
    Effect.timeout("1 minute")
  )
})

describe("the documentation", () => {
  for (const [page, forge] of [["docs/review-a-repository.md", "github"], ["docs/gitlab.md", "gitlab"]] as const) {
    it.live(`${page} leads to a running server, when its steps are followed and their placeholders filled in`, () =>
      Effect.gen(function*() {
        const [settings = "", serve = ""] = blocksOf(page)
        const [, , isReady = ""] = blocksOf("docs/review-a-repository.md")
        const lines = yield* followed(settings, serve, isReady)
        assert.match(lines.join("\n"), new RegExp(`platforms=${forge} [^]*"status":"ready"`))
      }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
  }

  it("shows no command that nothing runs", () => {
    const here = new Set(["docs/review-a-repository.md", "docs/gitlab.md"].flatMap(commandsOf))
    const names = (command: string) => /^export (\w+)=/.exec(command)?.[1] ?? command
    const known = new Set([...here].map(names))
    // What docs/kubernetes.md shows is run in test/deploy, the terminal's page in ReviewInTerminal.test.ts, that of one
    // host in Backup.test.ts but for its installation, which docs/install.md has, too.
    const others = new Set(["docs/kubernetes.md", "docs/review-in-the-terminal.md", "docs/one-host.md"])
    for (const page of pages.filter((page) => !others.has(page))) {
      for (const command of commandsOf(page)) {
        const elsewhere = runElsewhere[command]
        const isRun = known.has(names(command)) || elsewhere !== undefined || small[command] !== undefined
        assert.isTrue(isRun, `${page}: ${command}`)
        if (elsewhere !== undefined) assert.include(read(elsewhere[0]), elsewhere[1], `${page}: ${command}`)
      }
    }
  })

  it("has its commands in blocks of sh, where the test above finds them", () => {
    for (const page of pages) assert.deepStrictEqual(read(page).match(/^```(?:bash|shell|console|zsh)$/gm), null, page)
  })

  it.live.each(Object.entries(small))(
    "shows that this command works: %s",
    ([command, [part, says]]) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const home = yield* fs.makeTempDirectoryScoped({ prefix: "docs-" })
        // Elsewhere than on the network is a repository of that name; what is installed stays as it is.
        const script = `git init -q origin && git -C origin commit -q --allow-empty -m one
        git config --global url."$HOME/origin".insteadOf https://github.com/gauthierdmn/nominal-code
        make() { command make -C ${root} -o node_modules/.installed "$@"; }
        ${command} ${part}`
        const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
        const child = yield* spawner.spawn(ChildProcess.make("bash", ["-ec", script], {
          cwd: home,
          env: {
            ...programs,
            HOME: home,
            GIT_AUTHOR_NAME: "a",
            GIT_AUTHOR_EMAIL: "a@example.test",
            GIT_COMMITTER_NAME: "a",
            GIT_COMMITTER_EMAIL: "a@example.test"
          },
          stdin: "ignore"
        }))
        const said = yield* Stream.mkString(Stream.decodeText(child.all))
        assert.strictEqual(Number(yield* child.exitCode), 0, said)
        assert.match(said, says)
      }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it("answers at least twenty questions of a newcomer, and names only files that exist", () => {
    const contributing = read("CONTRIBUTING.md")
    const table = /\| question[^]*?\n\n/.exec(contributing)?.[0] ?? ""
    assert.isAtLeast(table.match(/\?/g)?.length ?? 0, 20)
    const answers = [
      ...`${table}${read("docs/architecture.md")}`.matchAll(/`(?:packages\/)?([\w/]+\/[\w/]+(?:\.ts|\/))`/g)
    ]
    const named = [...contributing.matchAll(/`((?:packages|ci|docs)\/[^`]+?)`/g)]
    const paths = [...answers.map(([, path = ""]) => `packages/${path}`), ...named.map(([, path = ""]) => path)]
    assert.isAtLeast(paths.length, 100)
    assert.deepStrictEqual(paths.filter((path) => !existsSync(`${root}/${path}`)), [])
  })

  it("links to nothing that is not there", () => {
    for (const page of pages) {
      const directory = page.includes("/") ? "docs/" : ""
      for (const [, target = ""] of read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
        assert.isTrue(existsSync(`${root}/${directory}${target}`), `${page}: ${target}`)
      }
    }
  })
})
