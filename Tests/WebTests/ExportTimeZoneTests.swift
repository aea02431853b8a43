import Billing
import Testing

@testable import Web

/// Dates in a file are in the requested time zone.
@Suite(.timeLimit(.minutes(5)))
struct ExportTimeZoneTests {
    @Test(arguments: [
        ("UTC", 1_743_296_399, "2025-03-30 00:59:59"),
        // Clocks in Berlin go forward at 01:00 UTC on 2025-03-30 and back at 01:00 UTC on 2025-10-26.
        ("Europe/Berlin", 1_743_296_399, "2025-03-30 01:59:59"),
        ("Europe/Berlin", 1_743_296_400, "2025-03-30 03:00:00"),
        ("Europe/Berlin", 1_761_440_399, "2025-10-26 02:59:59"),
        ("Europe/Berlin", 1_761_440_400, "2025-10-26 02:00:00"),
        // Those in New York at 07:00 UTC on 2025-03-09, and at 06:00 UTC on 2025-11-02.
        ("America/New_York", 1_741_503_599, "2025-03-09 01:59:59"),
        ("America/New_York", 1_741_503_600, "2025-03-09 03:00:00"),
        ("America/New_York", 1_762_063_199, "2025-11-02 01:59:59"),
        ("America/New_York", 1_762_063_200, "2025-11-02 01:00:00"),
        ("Asia/Kathmandu", 1_735_667_100, "2024-12-31 23:30:00"),
        ("Pacific/Kiritimati", 1_735_639_200, "2025-01-01 00:00:00"),
        ("Pacific/Pago_Pago", 1_735_689_600, "2024-12-31 13:00:00"),
        ("UTC", 951_782_400, "2000-02-29 00:00:00"),
        // The first and the last moment that a date of four digits has.
        ("UTC", 253_402_300_799, "9999-12-31 23:59:59"),
        ("Pacific/Kiritimati", 253_402_300_799, "9999-12-31 23:59:59"),
        ("UTC", -62_135_596_800, "0001-01-01 00:00:00"),
        ("America/New_York", -62_135_596_800, "0001-01-01 00:00:00"),
        ("UTC", 0, "1970-01-01 00:00:00"),
    ])
    func `a moment is written as the clocks there showed it`(
        zone: String,
        seconds: Int64,
        text: String
    )
        async throws
    {
        try await WebHarness.with { harness in
            try await harness.deliver([.charge("ch_a", created: Instant(unixSeconds: seconds))])
            let table = try await harness.get("/v1/transactions/export?timezone=\(zone)").csv
            #expect(table.column("Date (\(zone))") == [text])
        }
    }

    /// Browsers differ in which spelling they name their zone by (`Intl.DateTimeFormat`).
    @Test(arguments: [
        "Asia/Calcutta", "Asia/Kolkata", "Europe/Kiev", "Europe/Kyiv", "America/Buenos_Aires",
        "America/Argentina/Buenos_Aires", "Asia/Saigon", "Asia/Ho_Chi_Minh", "Etc/UTC", "Etc/GMT+5", "GMT",
        "US/Pacific",
    ])
    func `a zone is known by its old name and its new one`(zone: String) async throws {
        try await WebHarness.with { harness in
            let path = "/v1/transactions/export?timezone=\(zone.replacing("+", with: "%2B"))"
            let answer = try await harness.get(path)
            #expect(answer.status == 200)
        }
    }

    /// Those without a slash, with the zone that the database links each to.
    @Test(arguments: [
        ("Japan", "Asia/Tokyo"), ("Singapore", "Asia/Singapore"), ("Poland", "Europe/Warsaw"),
        ("GB", "Europe/London"), ("NZ-CHAT", "Pacific/Chatham"), ("EST5EDT", "America/New_York"),
        ("EST", "America/Panama"), ("MST", "America/Phoenix"), ("CET", "Europe/Brussels"),
        ("GMT+0", "Etc/GMT"),
        ("Zulu", "Etc/UTC"), ("ROK", "Asia/Seoul"),
    ])
    func `an old name means the zone that it is a link to`(name: String, zone: String) throws {
        let (old, new) = (try #require(LocalTime(ianaName: name)), try #require(LocalTime(ianaName: zone)))
        // A day of January and one of July, of 2026.
        for seconds in [1_768_435_200, 1_784_073_600] as [Int64] {
            let moment = Instant(unixSeconds: seconds)
            #expect(old.text(moment) == new.text(moment))
        }
    }

    @Test func `every name of the database without a slash is a zone`() {
        #expect(LocalTime.namesWithoutSlash.count == 44)
        for name in LocalTime.namesWithoutSlash { #expect(LocalTime(ianaName: name) != nil, "\(name)") }
    }

    @Test(arguments: [
        "/v1/transactions/export?timezone=",
        "/v1/stripe/transactions/export?startDate=2026-01-01T00:00:00Z&endDate=2026-01-02T00:00:00Z&timezone=",
    ])
    func `an unknown zone is refused`(path: String) async throws {
        try await WebHarness.with { harness in
            for zone in [
                "Mars/Olympus", "europe/berlin", "GMT%2B5", "UTC%2B1", "PST8", "PST", "IST", "Factory",
                "localtime", "+01:00",
                "../../../etc/passwd",
                "Europe/Berlin%0D%0AX-Evil: 1", "Europe", "/Europe/Berlin", "%F0%9F%95%B0",
            ] {
                let answer = try await harness.get(path + zone.replacing(" ", with: "%20"))
                #expect(answer.status == 400, "\(zone)")
                #expect(answer.errorParameter == "timezone", "\(zone)")
            }
        }
    }
}
