// The page that asks to sign in: keeps which message was wanted, for no server is told what follows the # of an address.

import { keepWanted } from "./wanted.js";

keepWanted();
