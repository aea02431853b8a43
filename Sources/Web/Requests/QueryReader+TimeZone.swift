import Billing

extension QueryReader {
    mutating func timeZone(_ parameter: String = "timezone") throws(APIError) -> LocalTime? {
        guard let name = text(parameter) else { return nil }
        guard let zone = LocalTime(ianaName: name) else {
            throw .invalid(parameter, "Give an IANA time zone, such as Europe/Berlin.")
        }
        return zone
    }
}
