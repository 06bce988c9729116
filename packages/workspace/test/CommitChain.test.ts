import { assert, layer } from "@effect/vitest"
import { Sha } from "@nominal-code/domain/event/PullRequest"
import { Effect, Option } from "effect"
import { commitsSince } from "../src/CommitChain.ts"
import { services } from "./Fixture.ts"
import * as ReadingFixture from "./ReadingFixture.ts"

const subjects = Option.map((commits: ReadonlyArray<{ readonly subject: string }>) =>
  commits.map(({ subject }) => subject)
)

layer(services, { excludeTestServices: true })("The commits on top of another one", (it) => {
  it.effect("are read with the subjects that git tells", () =>
    Effect.gen(function*() {
      const { reading, repository } = yield* ReadingFixture.make
      const base = repository.commit("base", { "a.ts": "" })
      const messages = [
        "plain",
        "\n \t\n  first line \t\r\nsecond line\n\nbody",
        "ünd so weiter",
        "trailing blanks   \n   \nbody",
        "",
        " \n "
      ]
      const commit = (parent: string, text: string) =>
        repository.gitWith(text, "commit-tree", `${base}^{tree}`, "-p", parent, "-F", "-")
      const raw = (parent: string, message: string) =>
        repository.gitWith(
          `tree ${
            repository.git("rev-parse", `${base}^{tree}`)
          }\nparent ${parent}\nauthor a\rb <a@b> 2000000000 +0000\n` +
            `committer a <a@b> 2000000000 +0000\n\n${message}`,
          "hash-object",
          "-t",
          "commit",
          "-w",
          "--stdin"
        )
      const head = Sha.make(messages.reduce(raw, commit(base, "first")))
      const { objects } = yield* reading(base, base, head)
      const told = repository.git("log", "--reverse", "--format=%s", `${base}..${head}`)
      assert.deepStrictEqual(
        Option.map(subjects(yield* commitsSince(objects, base, head)), (all) => all.join("\n").trim()),
        Option.some(told)
      )
      assert.deepStrictEqual(yield* commitsSince(objects, head, head), Option.some([]))
    }))

  it.effect("are left to git where there is a merge, an encoding, an older commit, or where they are many", () =>
    Effect.gen(function*() {
      const { reading, repository } = yield* ReadingFixture.make
      const base = repository.commit("base", { "a.ts": "" })
      const tree = repository.git("rev-parse", `${base}^{tree}`)
      const other = repository.git("commit-tree", tree, "-m", "other")
      const raw = (header: string) =>
        repository.gitWith(`tree ${tree}\n${header}\n\nmessage\n`, "hash-object", "-t", "commit", "-w", "--stdin")
      const by = (at: number) => `author a <a@b> ${at} +0000\ncommitter a <a@b> ${at} +0000`
      const many = Array.from({ length: 17 }).reduce<string>(
        (parent) => repository.git("commit-tree", tree, "-p", parent, "-m", "one of many"),
        base
      )
      const { objects } = yield* reading(base, base, base)
      const heads = [
        raw(`parent ${base}\nparent ${other}\n${by(2_000_000_000)}`),
        raw(`parent ${base}\n${by(2_000_000_000)}\nencoding latin1`),
        raw(`parent ${base}\n${by(1)}`),
        // The name of its author is no line of its own.
        raw(`parent ${other}\nauthor a\rparent ${base} <a@b> 2000000000 +0000\n${by(2_000_000_000).split("\n")[1]}`),
        many,
        other
      ]
      for (const head of heads) {
        assert.deepStrictEqual(yield* commitsSince(objects, base, Sha.make(head)), Option.none(), head)
      }
    }))
})
