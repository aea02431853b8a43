import Billing

/// Parses the `Date` header of a response.
package enum HTTPDate {
    /// Parses the format that RFC 9110 (5.6.7) requires to send, `Sun, 06 Nov 1994 08:49:37 GMT`, to Unix
    /// seconds.
    ///
    /// The two obsolete formats are refused; Stripe does not send them.
    package static func unixSeconds(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count == 29, text.utf8.allSatisfy({ 0x20...0x7E ~= $0 }) else { return nil }
        func number(_ range: Range<Int>) -> Int64? {
            guard bytes[range].allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            return Int64(String(decoding: bytes[range], as: UTF8.self))
        }
        // Check the separators. The name of the day adds no information.
        let isFramed = [3, 4, 7, 11, 16, 19, 22, 25].map { bytes[$0] } == Array(",    :: ".utf8)
        let month = months.firstIndex(of: String(decoding: bytes[8..<11], as: UTF8.self))
        guard isFramed, bytes[26...].elementsEqual("GMT".utf8), let month = month.map(Int64.init),
            let day = number(5..<7), let year = number(12..<16), let hour = number(17..<19),
            let minute = number(20..<22), let second = number(23..<25),
            year >= 1970, hour < 24, minute < 60, second <= 60,
            let date = CalendarDate(year: year, month: month &+ 1, day: day)
        else { return nil }
        return date.beginning.unixSeconds &+ hour &* 3600 &+ minute &* 60 &+ second
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
