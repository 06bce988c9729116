import { assert, it } from "@effect/vitest"
import { RepoName, Sha } from "@nominal-code/domain/event/PullRequest"
import { Effect, Redacted } from "effect"
import * as Remote from "../src/Remote.ts"
import type { CheckoutRequest } from "../src/Workspace.ts"

const request = (changed: Partial<CheckoutRequest> = {}): CheckoutRequest => ({
  repo: RepoName.make("acme/shop"),
  url: "https://github.com/acme/shop.git",
  username: "x-access-token",
  password: Redacted.make("pass-word"),
  headRef: "refs/pull/7/head",
  headSha: Sha.make("a".repeat(40)),
  baseBranch: "main",
  baseSha: Sha.make("b".repeat(40)),
  ...changed
})

it.effect("accepts https, and http on loopback only", () =>
  Effect.gen(function*() {
    for (const url of ["https://h/a.git", "http://localhost:3000/a.git", "http://127.0.0.1:1/a", "http://[::1]/a"]) {
      assert.strictEqual((yield* Remote.fromRequest(request({ url }))).url, url)
    }
    const refused = [
      "http://github.com/a.git",
      "http://127.0.0.1.evil.example/a.git",
      "http://169.254.169.254/latest",
      "ssh://git@github.com/a.git",
      "git@github.com:a.git",
      "file:///etc/passwd",
      "ext::sh -c id",
      "git://github.com/a.git",
      "/etc/passwd",
      "--upload-pack=id",
      "https://bob:secret@github.com/a.git",
      "https://token@github.com/a.git",
      "https://github.com/a.git?x=y",
      ""
    ]
    for (const url of refused) {
      const error = yield* Effect.flip(Remote.fromRequest(request({ url })))
      assert.isFalse(error.retryable)
      assert.notInclude(error.message, "secret")
    }
  }))

it.effect("refuses names that are not plain references", () =>
  Effect.gen(function*() {
    for (const baseBranch of ["main", "feature/x", "ünïcode", "release-1.0", "--upload-pack=id", "a@b"]) {
      yield* Remote.fromRequest(request({ baseBranch }))
    }
    const refused = [
      "",
      "a..b",
      "a b",
      "a:b",
      "a*",
      "a^",
      "a~1",
      "a?",
      "[a",
      "a\\b",
      "a//b",
      "a/",
      "/a",
      "a.lock",
      "x/.y"
    ]
    for (const baseBranch of [...refused, "a.", "a@{1}", "a\nb", "a\0b"]) {
      const error = yield* Effect.flip(Remote.fromRequest(request({ baseBranch })))
      assert.include(error.message, "is not the name of a git reference")
    }
    for (const headRef of ["main", "--all", "refs/heads/*", "HEAD"]) {
      yield* Effect.flip(Remote.fromRequest(request({ headRef })))
    }
  }))

it.effect("names a directory for each server and repository that differs even where case does not count", () =>
  Effect.gen(function*() {
    const names = new Set<string>()
    for (const host of ["github.com", "ghe.example", "ghe.example:8443"]) {
      for (const repo of ["acme/shop", "Acme/shop", "acme/sh-op", "acme-sh/op", "acme/sh.op", "a/b/acme/shop"]) {
        const url = `https://${host}/${repo}.git`
        const { directoryName } = yield* Remote.fromRequest(request({ url, repo: RepoName.make(repo) }))
        assert.match(directoryName, /^[a-z0-9-]+\.git$/)
        names.add(directoryName)
      }
    }
    assert.strictEqual(names.size, 18)
  }))
