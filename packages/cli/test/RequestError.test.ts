import { assert, it } from "@effect/vitest"
import * as RequestError from "../src/RequestError.ts"

const failure = (code: string, message: string) => Object.assign(new Error(message), { code })

it("an untrusted certificate has our advice in place of Node's", () => {
  for (const code of ["DEPTH_ZERO_SELF_SIGNED_CERT", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"]) {
    const error = RequestError.of(failure(code, "try running Node.js with --use-system-ca"))
    assert.match(String(error), /unknown authority: name the authority's file in NODE_EXTRA_CA_CERTS$/)
  }
})

it("an answer that broke off is told as one, and not as a request that we gave up", () => {
  assert.match(
    String(RequestError.of(failure("ECONNRESET", "aborted"))),
    /the connection was closed in the middle of the answer$/
  )
})

it("any other error stays as it is", () => {
  for (
    const error of [
      failure("CERT_HAS_EXPIRED", "certificate has expired"),
      failure("ECONNRESET", "x"),
      failure("EPIPE", "aborted"),
      new Error("y"),
      { code: "ECONNRESET" }
    ]
  ) {
    assert.strictEqual(RequestError.of(error), error)
  }
})
