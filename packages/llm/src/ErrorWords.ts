/** Message of an error, with that of the first error of its chain of causes: of a connection it names the address. */
export const wordsOf = (cause: unknown): string => {
  if (!(cause instanceof Error)) return String(cause)
  const root = rootOf(cause)
  return root === cause ? cause.message : `${cause.message} (${root.message})`
}

/** The first error of a chain of causes. */
export const rootOf = (error: Error): Error => {
  const inner: unknown = error.cause ?? (error instanceof AggregateError ? error.errors[0] : undefined)
  return inner instanceof Error ? rootOf(inner) : error
}

/** Advice for a service that cannot be reached. */
export const reachable = "check its address, the network, and HTTPS_PROXY if there is one"
