/** Codes by which Node says that nobody whom it knows has signed a certificate. */
const unknownAuthority: ReadonlySet<unknown> = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE"
])

/**
 * Error of a request to a forge or a model, in words of ours where Node's mislead: it advises an option of its own where a
 * variable is for git, too, and calls an answer that broke off "aborted".
 */
export const of = (error: unknown): unknown =>
  !(error instanceof Error && "code" in error)
    ? error
    : unknownAuthority.has(error.code)
    ? new Error("its certificate is signed by an unknown authority: name the authority's file in NODE_EXTRA_CA_CERTS")
    : error.code === "ECONNRESET" && error.message === "aborted"
    ? new Error("the connection was closed in the middle of the answer")
    : error
