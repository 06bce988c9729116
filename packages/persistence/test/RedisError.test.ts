import { assert, it } from "@effect/vitest"
import { explain, explainRefusal, explainStart, isRefusal, ofNode } from "@nominal-code/persistence/RedisError"
import { ReplyError } from "ioredis"

const address = "redis://redis:6379/0"
const explained = (cause: unknown) => {
  const { message, retryable } = explain({ operation: "test", address, cause })
  return [message, retryable] as const
}

it("what Redis cannot do now it may do later, and the line says what is the matter", () => {
  for (
    const [reply, text] of [
      ["READONLY You can't write against a read only replica.", /READONLY, it is a replica/],
      ["ERR WAIT cannot be used with replica instances. Please also note that", /READONLY, it is a replica/],
      ["UNBLOCKED force unblock from blocking operation, instance state changed", /UNBLOCKED, it became a replica/],
      ["LOADING Redis is loading the dataset in memory", /LOADING, it is reading its data/],
      ["MASTERDOWN Link with MASTER is down", /MASTERDOWN, its primary is away/],
      ["CLUSTERDOWN The cluster is down", /CLUSTERDOWN, its cluster is not complete/],
      ["OOM command not allowed when used memory > 'maxmemory'.", /OOM, its memory is full: raise maxmemory/],
      ["MISCONF Redis is configured to save RDB snapshots", /MISCONF, it cannot write to its disk/],
      ["BUSY Redis is busy running a script.", /BUSY, it is busy with a script/]
    ] as const
  ) {
    const [message, retryable] = explained(new ReplyError(reply))
    assert.match(message, /^redis:\/\/redis:6379\/0: [^\n]+$/)
    assert.match(message, text)
    assert.isTrue(retryable, reply)
    assert.isFalse(isRefusal(new ReplyError(reply)))
  }
})

it("a password that is wrong stays wrong", () => {
  for (const reply of ["WRONGPASS invalid username-password pair", "NOAUTH Authentication required.", "NOPERM no"]) {
    assert.isTrue(isRefusal(new ReplyError(reply)))
    assert.isFalse(explained(new ReplyError(reply))[1])
  }
})

it("any other reply is shown by its first line and is nothing to wait for", () => {
  assert.deepStrictEqual(explained(new ReplyError("ERR wrong type\nand more")), [`${address}: ERR wrong type`, false])
})

it("a connection that failed is named by its code, and never by what was sent on it", () => {
  const lost = Object.assign(new Error("connect ECONNREFUSED 10.0.0.7:6379"), { code: "ECONNREFUSED" })
  assert.deepStrictEqual(explained(lost), [`${address}: ECONNREFUSED; it will be tried again`, true])
  const cut = Object.assign(new Error("Connection is closed."), { command: { name: "set", args: ["key", "secret"] } })
  assert.deepStrictEqual(explained(cut), [`${address}: the connection was lost; it will be tried again`, true])
  const untrusted = Object.assign(new Error("self-signed certificate"), { code: "DEPTH_ZERO_SELF_SIGNED_CERT" })
  assert.match(
    explained(untrusted)[0],
    /: DEPTH_ZERO_SELF_SIGNED_CERT; no TLS that can be trusted: .*NODE_EXTRA_CA_CERTS/
  )
  assert.isFalse(explained(untrusted)[1], "no later try finds another certificate")
  assert.deepStrictEqual(explained("odd"), [`${address}: the connection was lost; it will be tried again`, true])
})

it("full and away are told apart", () => {
  const reason = (reply: string) => explain({ operation: "test", address, cause: new ReplyError(reply) }).reason
  assert.strictEqual(reason("OOM command not allowed when used memory > 'maxmemory'."), "full")
  assert.strictEqual(reason("MISCONF Errors writing to the AOF file: No space left on device"), "unavailable")
  assert.strictEqual(reason("WRONGPASS invalid username-password pair"), "failed")
})

it("at the start, a Redis that is not there is told with how long it was waited for, and all else as ever", () => {
  const at = (cause: unknown) => explainStart({ operation: "test", address, cause }, "5s")
  const lost = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" })
  assert.strictEqual(at(lost).message, `${address}: ECONNREFUSED for 5s; check redis.url (REDIS_URL)`)
  assert.strictEqual(
    at(new Error("Command timed out")).message,
    `${address}: no answer in time for 5s; check redis.url (REDIS_URL)`
  )
  assert.isTrue(at(lost).retryable)
  assert.match(
    at(new ReplyError("LOADING Redis is loading")).message,
    /: LOADING, it is reading its data from the disk$/
  )
  assert.match(
    at(Object.assign(new Error(""), { code: "DEPTH_ZERO_SELF_SIGNED_CERT" })).message,
    /no TLS that can be trusted/
  )
  const own = explain({ operation: "other", address, cause: lost })
  assert.strictEqual(at(own), own)
})

it("a cluster's error is that of the node that was asked last", () => {
  const node = new Error("WRONGPASS")
  assert.strictEqual(ofNode(Object.assign(new Error("Failed to refresh slots cache."), { lastNodeError: node })), node)
  for (const error of [Object.assign(new Error("x"), { lastNodeError: "none" }), new Error("y"), "z"]) {
    assert.strictEqual(ofNode(error), error)
  }
})

it("while every new connection is refused, a command that found Redis away says why, and another keeps its error", () => {
  const of = (cause: unknown) => explain({ operation: "get", address, cause })
  const told = (error: ReturnType<typeof of>) =>
    explainRefusal(error, { operation: "get", address, cause: undefined }, new ReplyError("WRONGPASS invalid"))
  const away = told(of(new Error("Connection is closed.")))
  assert.match(away.message, /: WRONGPASS, check the user name and the password/)
  assert.strictEqual(away.reason, "unavailable", "the password may be changed back")
  const full = of(new ReplyError("OOM command not allowed"))
  assert.strictEqual(told(full), full)
})
