import Hummingbird
import NIOCore
import NIOHTTPTypes

/// Sets `Date` to the stand-in's own time, which Hummingbird would overwrite anywhere but on the way out.
final class DateHandler: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let configuration: StripeStandIn.Configuration

    init(_ configuration: StripeStandIn.Configuration) { self.configuration = configuration }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .head(var head) = unwrapOutboundIn(data) else {
            context.write(data, promise: promise)
            return
        }
        head.headerFields.set("Date", Self.text(configuration.now() + configuration.dateSkewSeconds))
        context.write(wrapOutboundOut(.head(head)), promise: promise)
    }

    /// As RFC 9110 (5.6.7) has it: `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func text(_ unixSeconds: Int64) -> String {
        let day = unixSeconds / 86_400
        let second = unixSeconds % 86_400
        // Counted in years that begin in March, the leap day comes last
        // (https://howardhinnant.github.io/date_algorithms.html).
        let shifted = day + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let dayOfMonth = dayOfYear - (153 * month + 2) / 5 + 1
        let year = yearOfEra + era * 400 + (month >= 10 ? 1 : 0)
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = [
            "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb",
        ]
        return "\(weekdays[Int(day % 7)]), \(two(dayOfMonth)) \(months[Int(month)]) \(year) "
            + "\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60)) GMT"
    }
}
