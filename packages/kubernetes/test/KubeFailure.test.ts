import { assert, it } from "@effect/vitest"
import { statusFailure } from "@nominal-code/kubernetes/KubeFailure"
import { Duration } from "effect"

const forbidden = (details: object, message: string) => ({
  kind: "Status",
  status: "Failure",
  reason: "Forbidden",
  message,
  details: { group: "batch", kind: "jobs", ...details },
  code: 403
})

/** Answers of a kube-apiserver 1.34 to the creation of a Job. */
const answers = {
  noRight: forbidden(
    {},
    "jobs.batch is forbidden: User \"server\" cannot create resource \"jobs\" in API group \"batch\""
  ),
  quota: forbidden(
    { name: "one" },
    "jobs.batch \"one\" is forbidden: exceeded quota: few, requested: count/jobs.batch=1, used: count/jobs.batch=0"
  ),
  terminating: forbidden(
    { name: "one", causes: [{ reason: "NamespaceTerminating", field: "metadata.namespace" }] },
    "jobs.batch \"one\" is forbidden: unable to create new content in namespace going because it is being terminated"
  )
}

it("a create that admission turns away waits for room; one that the account may not do is forbidden", () => {
  assert.strictEqual(statusFailure("create Job", 403, answers.noRight).reason, "forbidden")
  assert.strictEqual(statusFailure("create Job", 403, answers.quota).reason, "full")
  assert.strictEqual(statusFailure("create Job", 403, answers.terminating).reason, "full")
})

it("a Job that the account may not read is forbidden, although the answer names it", () => {
  const message = "jobs.batch \"one\" is forbidden: User \"server\" cannot get resource \"jobs\""
  assert.strictEqual(statusFailure("get Job", 403, forbidden({ name: "one" }, message)).reason, "forbidden")
})

it("a plain text 429 says for how long the server is busy", () => {
  const error = statusFailure("list Jobs", 429, "Too many requests, please try again later.\n", { "retry-after": "1" })
  assert.deepStrictEqual([error.reason, error.retryAfter], ["busy", Duration.seconds(1)])
})
