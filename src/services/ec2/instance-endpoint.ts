/** What instances find at 169.254.169.254, by ports. */
export const metadataPort = 80;
export const instanceEndpointPort = 4566;

/** LocalAWS's endpoint, for the programs in an instance. */
export const instanceEndpoint = `http://169.254.169.254:${instanceEndpointPort}`;
