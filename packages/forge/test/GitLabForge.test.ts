import { gitLabScene } from "./ForgeScene.ts"
import { forgeSuite } from "./ForgeSuite.ts"

forgeSuite("GitLab", gitLabScene)
