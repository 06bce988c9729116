/** Codes by which Node says that nobody whom it knows has signed a certificate. */
const untrusted: ReadonlySet<unknown> = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE"
])

/** Error of a request to a forge or a model. Where Node advises an option of its own, it has the variable that git reads, too. */
export const of = (error: Error): Error =>
  "code" in error && untrusted.has(error.code)
    ? new Error("its certificate is signed by an unknown authority: name the authority's file in NODE_EXTRA_CA_CERTS")
    : error
