import { type PlatformError, Predicate } from "effect"

const codeOf = ({ reason: { cause } }: PlatformError.PlatformError): string | undefined =>
  Predicate.hasProperty(cause, "code") && Predicate.isString(cause.code) ? cause.code : undefined

/** Methods that make what is not there: what is missing is the directory. */
const isMaking = (method: string): boolean => /^(?:write|make|copy|rename|symlink|link)/.test(method)

const sentences: Readonly<Record<string, (path: string, method: string) => string>> = {
  ENOENT: (path, method) => isMaking(method) ? `the directory of ${path} does not exist` : `${path} does not exist`,
  EACCES: (path) => `this user may not use ${path}`,
  EPERM: (path) => `this user may not use ${path}`,
  EEXIST: (path) => `${path} is there already`,
  EISDIR: (path) => `${path} is a directory`,
  ENOTDIR: (path) => `a part of the path ${path} is a file`,
  ELOOP: (path) => `${path} is a circle of links`,
  EROFS: (path) => `${path} is on a disk that can only be read`,
  ENOSPC: (path) => `the disk of ${path} is full`,
  EDQUOT: (path) => `the disk of ${path} is full for this user`
}

/** Sentence of a few words, with its path, about a file or a directory that cannot be used. */
export const fileTrouble = (error: PlatformError.PlatformError): string => {
  const { reason } = error
  const path = "pathOrDescriptor" in reason ? String(reason.pathOrDescriptor ?? "") : ""
  const code = codeOf(error)
  const sentence = path === "" || code === undefined ? undefined : sentences[code]?.(path, reason.method)
  if (sentence !== undefined) return sentence
  if (reason.description !== undefined) return reason.description
  return code === undefined ? error.message : path === "" ? code : `${path}: ${code}`
}
