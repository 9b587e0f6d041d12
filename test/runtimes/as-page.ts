/** For browsers. */
import { type Place, runSuite } from "./suite.ts";

Object.assign(globalThis, { runSuite: (place: Place) => runSuite(place) });
