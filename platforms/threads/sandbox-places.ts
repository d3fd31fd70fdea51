/** The places that the sandbox's search finds. An id is a number here and a string elsewhere, as on the platform. */
export const PLACES = [
  { id: 106078429431815, name: "Menlo Park", address: "", city: "Menlo Park", country: "United States", latitude: 37.4529, longitude: -122.1817, postal_code: "94025" },
  { id: 106377336067638, name: "Bern", address: "", city: "Bern", country: "Switzerland", latitude: 46.948, longitude: 7.4474, postal_code: "3011" },
  { id: 111777152182368, name: "Vienna", address: "", city: "Vienna", country: "Austria", latitude: 48.2082, longitude: 16.3738, postal_code: "1010" },
  { id: 114497808567786, name: "London", address: "", city: "London", country: "United Kingdom", latitude: 51.5072, longitude: -0.1276, postal_code: "SW1A" },
  { id: 108424279189115, name: "New York, New York", address: "", city: "New York", country: "United States", latitude: 40.7128, longitude: -74.006, postal_code: "10007" },
] as const;
