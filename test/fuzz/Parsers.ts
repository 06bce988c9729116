import { NodeServices } from "@effect/platform-node"
import { readConfigFile } from "@nominal-code/config/ConfigFile"
import * as CommandParser from "@nominal-code/domain/command/CommandParser"
import { promptOf } from "@nominal-code/domain/command/Mention"
import { parseGitDiff } from "@nominal-code/domain/diff/GitDiff"
import { annotate, lineEndChanges, parsePatch } from "@nominal-code/domain/diff/Hunk"
import { RepoPath } from "@nominal-code/domain/event/PullRequest"
import { unquotePath } from "@nominal-code/domain/file/GitPath"
import { ignoreMatcher } from "@nominal-code/domain/file/IgnorePatterns"
import { escapePath, makeSpellings, unescapePath } from "@nominal-code/domain/file/RepoPathSpelling"
import { splitMarkers } from "@nominal-code/domain/review/Marker"
import * as Redaction from "@nominal-code/domain/secret/Redaction"
import { parseRedisUrl } from "@nominal-code/domain/settings/RedisUrl"
import { parseRepositoryFile } from "@nominal-code/domain/settings/RepositoryFile"
import { parseWebhook as parseGitHub } from "@nominal-code/forge/github/Webhook"
import { parseWebhook as parseGitLab } from "@nominal-code/forge/gitlab/Webhook"
import { makeOutgoingText } from "@nominal-code/forge/outgoing/OutgoingText"
import { fallback } from "@nominal-code/review/answer/Fallback"
import { readText } from "@nominal-code/review/answer/OutputRepair"
import { statedKinds } from "@nominal-code/review/context/GitAttributes"
import { block } from "@nominal-code/review/prompt/UntrustedBlocks"
import { Git, GitError } from "@nominal-code/workspace/Git"
import { fromStderr, headline } from "@nominal-code/workspace/GitFailure"
import * as ObjectReader from "@nominal-code/workspace/ObjectReader"
import type { Dialogue } from "@nominal-code/workspace/Process"
import { ConfigProvider, Effect, FileSystem, Layer } from "effect"
import * as RunPayload from "../../packages/cli/src/RunPayload.ts"

/** A reader of bytes from outside, with samples of what it reads. It may refuse an input, by a typed error only. */
export interface Parser {
  readonly name: string
  readonly samples: ReadonlyArray<string>
  readonly read: (text: string) => Effect.Effect<unknown, unknown>
}

const pure = (name: string, samples: ReadonlyArray<string>, read: (text: string) => unknown): Parser => ({
  name,
  samples,
  read: (text) => Effect.sync(() => read(text))
})

const redact = Redaction.make(["hunter2-hunter2-hunter2"])
const gate = makeOutgoingText({ redact, forgeHost: "github.com" })

const repository = { id: 1, name: "shop", full_name: "acme/shop", owner: { login: "acme" } }
const gitHubBody = JSON.stringify({
  action: "created",
  repository,
  installation: { id: 3 },
  sender: { login: "mara", type: "User" },
  issue: {
    number: 7,
    title: "A change",
    state: "open",
    pull_request: { url: "x" },
    labels: [],
    user: { login: "ada" }
  },
  comment: {
    id: 1,
    body: "@nominal-bot why?",
    user: { login: "mara", type: "User" },
    created_at: "2026-01-01T00:00:00Z"
  }
})
const gitLabBody = JSON.stringify({
  object_kind: "note",
  project: { id: 1, path_with_namespace: "acme/shop" },
  user: { username: "mara" },
  object_attributes: { id: 5, note: "@nominal-bot why?", noteable_type: "MergeRequest", discussion_id: "a" },
  merge_request: { iid: 7, title: "A change", state: "opened", last_commit: { id: "a".repeat(40) } }
})

const patch = "@@ -1,3 +1,4 @@ function a\n one\n-two\n+2\n+three\n four\n\\ No newline at end of file"
const gitDiff =
  `diff --git a/src/a.ts b/src/a.ts\nindex 1111111..2222222 100644\n--- a/src/a.ts\n+++ b/src/a.ts\n${patch}\n` +
  "diff --git \"a/b\\303\\251.ts\" \"b/c d.ts\"\nsimilarity index 90%\nrename from \"b\\303\\251.ts\"\nrename to c d.ts\n" +
  "diff --git a/x.png b/x.png\nBinary files a/x.png and b/x.png differ\n"

const answer = JSON.stringify({
  summary: "Two things.",
  comments: [{
    path: "src/a.ts",
    line: 2,
    side: "RIGHT",
    body: "Wrong.",
    severity: "high",
    confidence: "high",
    category: "bug"
  }]
})

const markdown =
  "**2 findings** — see `a` and [b](https://evil.example/?q=1) @team fixes #1\n\n- a\n  ```js\n  /merge\n  ```\n" +
  "\n| a | b |\n|---|---|\n| `x|y` | <img src=x> |\n\n> [c]: https://evil.example\n\n<!-- nominal-code job=1 -->\n***_a_** ![d](e)"

const yaml =
  "github:\n  token: abc\nreviewer:\n  bot_username: bot\n  triggers: [pr_opened, pr_push]\naccess: { allowed_users: [a] }\n"

const webhook = (parse: typeof parseGitHub, headers: Record<string, string>) => (text: string) =>
  Effect.fromResult(parse({ headers, body: Buffer.from(text) }))

const ended = new GitError({ reason: "other", message: "git has ended" })

/** A `git cat-file` that says what it is told to, whatever it is asked. */
const gitSaying = (text: string) => {
  let rest = Buffer.from(text)
  const take = (count: number) => {
    const taken = rest.subarray(0, count)
    rest = rest.subarray(count)
    return taken
  }
  const answers: Dialogue<GitError>["answers"] = Effect.fnUntraced(function*(count, bodyOf, accept) {
    for (let left = count; left > 0; left--) {
      const line = take(rest.indexOf(10) + 1).toString("utf8").trimEnd()
      const body = yield* Effect.fromResult(bodyOf(line))
      if (line === "" || body > rest.length) return yield* ended
      accept(line, take(body))
    }
  })
  return Layer.mock(Git, { open: () => Effect.succeed({ say: () => Effect.void, answers }) })
}

const path = RepoPath.make("src/a.ts")

const readObjects = (text: string) =>
  Effect.gen(function*() {
    const objects = yield* ObjectReader.make("/nowhere")
    yield* Effect.exit(objects.info("HEAD"))
    yield* Effect.exit(objects.contents("HEAD", 1_000))
    yield* Effect.exit(objects.entries("HEAD", ""))
    return yield* objects.entry("HEAD", path)
  }).pipe(Effect.provide(gitSaying(text)), Effect.scoped)

const object = (type: string, content: string) => `${"a".repeat(40)} ${type} ${content.length}\n${content}\n`

/** Every reader of bytes from outside that needs no network and no repository. */
export const parsers: ReadonlyArray<Parser> = [
  {
    name: "a delivery of GitHub",
    samples: [gitHubBody],
    read: webhook(parseGitHub, { "x-github-delivery": "d1", "x-github-event": "issue_comment" })
  },
  {
    name: "a delivery of GitLab",
    samples: [gitLabBody],
    read: webhook(parseGitLab, { "webhook-id": "d1", "x-gitlab-event": "Note Hook" })
  },
  pure(
    "a diff",
    [gitDiff, patch],
    (text) => [parseGitDiff(text), parsePatch(text), annotate(text), lineEndChanges(text)]
  ),
  pure("a path of git", ["\"b\\303\\251\\t.ts\"", "src/a.ts"], (text) => [
    unquotePath(text),
    unescapePath(escapePath(text))
  ]),
  pure(
    "a path that a model has written",
    ["`src/a.ts:12-14`", "[a](src/a.ts#L6)", "src/{b => a}.ts", "File: /b/src/a.ts (line 6)"],
    makeSpellings(["src/a.ts", "src/e\u0301\u3000.ts", "a b.ts", "(a)"])
  ),
  pure(
    "an answer of a model",
    [answer, `Here it is:\n\`\`\`json\n${answer}\n\`\`\``],
    (text) => [readText(text), fallback(text)]
  ),
  {
    name: "an answer of git about objects",
    samples: [
      object("blob", "text"),
      `${"a".repeat(40)} tree 99\n${object("tree", `40000 src\0${"x".repeat(20)}`)}${object("tree", "100644 a.ts\0")}`,
      "HEAD missing\n"
    ],
    read: readObjects
  },
  pure("a complaint of git", ["fatal: unable to access 'https://a:b@host/x.git/': Could not resolve host"], (text) => [
    fromStderr(text),
    headline(text)
  ]),
  pure(
    "a repository's own settings",
    ["reviewer:\n  min_severity: high\n  paths: { \"src/**\": { nits: fold } }\nfilters:\n  titles: [\"!wip\"]\n"],
    parseRepositoryFile
  ),
  {
    name: "what a repository states about its files",
    samples: ["*.ts linguist-generated\n\"a b\" -linguist-vendored\n*a*a*a*b linguist-documentation=false\n"],
    read: (text) =>
      Effect.map(
        statedKinds({ baseFile: () => Effect.succeedSome(text) }, [path]),
        (kindOf) => [kindOf(path), ignoreMatcher(text.split("\n").slice(0, 100))(`${"a".repeat(200)}.ts`)]
      )
  },
  pure("a text for a forge", [markdown], (text) => [gate.markdown(text, 20_000), gate.suggestion(text, 20_000)]),
  pure(
    "a text for a prompt",
    [markdown, "<untrusted-diff>\n</untrusted-diff>"],
    (text) => block("untrusted-comment", text)
  ),
  pure("a comment", ["@nominal-bot review full\n> quoted", "/nominal-bot ask why?"], (text) => [
    promptOf("nominal-bot", text),
    CommandParser.parse(text),
    splitMarkers(text)
  ]),
  pure("a text with secrets", ["token=ghp_0123456789abcdef0123456789abcdef0123 redis://a:b@c"], redact),
  pure("an address of Redis", ["redis://a:b@c:6379,d:1/0", "rediss+sentinel://:p@a:1/main/0"], parseRedisUrl),
  {
    name: "a payload of a job",
    samples: [
      "{\"version\":2,\"job\":{\"id\":\"0123456789abcdef0123\"}}",
      "{\"repository\":\"acme/shop\",\"number\":7}"
    ],
    read: (text) => RunPayload.decode(text)
  },
  {
    name: "a configuration file",
    samples: [yaml],
    read: (text) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const file = yield* fs.makeTempFileScoped()
        yield* fs.writeFileString(file, text.toWellFormed())
        return yield* Effect.provideService(
          readConfigFile("serve"),
          ConfigProvider.ConfigProvider,
          ConfigProvider.fromEnvRecord({ CONFIG_PATH: file })
        )
      }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  }
]

/** Inputs that once broke a reader or took it long, by the reader's name. */
export const kept: ReadonlyArray<readonly [parser: string, input: string]> = [
  ["a text for a forge", "*_".repeat(8_000)],
  ["a text for a forge", "!".repeat(16_000)],
  ["a text for a forge", "`a``b".repeat(3_000)],
  ["a text for a forge", "> ".repeat(8_000)],
  ["a text for a forge", "[a](".repeat(4_000)]
]
