import { assert, it } from "@effect/vitest"
import * as RequestError from "../src/RequestError.ts"

const failure = (code: string, message: string) => Object.assign(new Error(message), { code })

it("an untrusted certificate has our advice in place of Node's", () => {
  for (const code of ["DEPTH_ZERO_SELF_SIGNED_CERT", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"]) {
    const error = RequestError.of(failure(code, "try running Node.js with --use-system-ca"))
    assert.match(String(error), /unknown authority: name the authority's file in NODE_EXTRA_CA_CERTS$/)
  }
})

it("any other error stays as it is", () => {
  for (
    const error of [failure("CERT_HAS_EXPIRED", "certificate has expired"), failure("ECONNRESET", "x"), new Error("y")]
  ) {
    assert.strictEqual(RequestError.of(error), error)
  }
})
