import { type PlatformError, Predicate } from "effect"

/** Reason in a few words why a directory cannot be made or written to. */
export const directoryTrouble = ({ reason }: PlatformError.PlatformError): string => {
  if (reason._tag === "AlreadyExists") return "it is a file"
  if (reason._tag === "BadResource") return "a part of its path is a file"
  if (reason._tag === "PermissionDenied") return "this user may not"
  const { cause } = reason
  // Such as EROFS: the file system can only be read.
  return Predicate.hasProperty(cause, "code") && Predicate.isString(cause.code) ? cause.code : reason._tag
}
