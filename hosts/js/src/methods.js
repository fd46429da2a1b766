// The methods that an app can route: those of RFC 9110, PATCH, QUERY, and those of WebDAV and its relatives, as the
// native parser knows them. Platforms whose parser takes any method leave it to us to answer 501 to the others.
import { METHODS } from './abi.js';

const NAMES = 'QUERY COPY LOCK MKCOL MOVE PROPFIND PROPPATCH SEARCH UNLOCK BIND REBIND UNBIND ACL ' +
    'REPORT MKACTIVITY CHECKOUT MERGE M-SEARCH NOTIFY SUBSCRIBE UNSUBSCRIBE PURGE MKCALENDAR LINK UNLINK SOURCE';

export const KNOWN_METHODS = new Set([...METHODS.keys(), ...NAMES.split(' ')]);
