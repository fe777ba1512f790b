import * as Server from "./server.ts"
import { conforms } from "./suite.ts"

conforms("a single Redis", Server.isNowhere, Server.some())
