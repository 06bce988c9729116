import { assert, it } from "@effect/vitest"
import { directoryTrouble } from "@nominal-code/domain/file/DirectoryTrouble"
import { PlatformError } from "effect"

it.each(
  [
    ["AlreadyExists", undefined, "it is a file"],
    ["BadResource", undefined, "a part of its path is a file"],
    ["PermissionDenied", { code: "EACCES" }, "this user may not"],
    ["Unknown", { code: "EROFS" }, "EROFS"],
    ["Unknown", { code: 30 }, "Unknown"],
    ["Unknown", new Error("read-only"), "Unknown"],
    ["NotFound", undefined, "NotFound"]
  ] as const
)("why a directory cannot be made: %s with %j is %s", (_tag, cause, expected) => {
  const error = PlatformError.systemError({ _tag, module: "FileSystem", method: "makeDirectory", cause })
  assert.strictEqual(directoryTrouble(error), expected)
})
