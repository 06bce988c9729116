import { assert, it } from "@effect/vitest"
import { Failure } from "@nominal-code/domain/job/Failure"
import { ForgeError, NotFound } from "@nominal-code/forge/ForgeError"
import { failureAdvice, forgeErrorAdvice } from "../src/review/FailureAdvice.ts"

it("a failed review says what happened and what to do, without the names of its stages", () => {
  const { Checkout, Forge, Lease } = Failure.cases
  assert.match(
    failureAdvice(Forge.make({ reason: "unavailable", detail: "no answer: ECONNREFUSED (GitHub.look acme/api#7)" })),
    /^no answer: ECONNREFUSED \(GitHub\.look acme\/api#7\): see if this machine reaches the forge, .* GITHUB_API_BASE or /
  )
  assert.strictEqual(
    failureAdvice(Forge.make({ reason: "unauthorized", detail: "GitHub does not accept the token" })),
    "GitHub does not accept the token: set GITHUB_TOKEN or GITLAB_TOKEN to a token that is valid"
  )
  assert.strictEqual(failureAdvice(Checkout.make({ reason: "failed", detail: "a is missing" })), "a is missing")
  assert.strictEqual(failureAdvice(Lease.make({ detail: "it is gone" })), "lease: it is gone")
})

it("an error of the forge says what happened, where, and what to do", () => {
  const reason = new NotFound({ message: "not there, or not visible to the token" })
  assert.strictEqual(
    forgeErrorAdvice(new ForgeError({ operation: "GitHub.pullRequest acme/api#7", reason })),
    "not there, or not visible to the token (GitHub.pullRequest acme/api#7): correct the name, or use a token that may " +
      "see it"
  )
})
