import Billing
import Fuzzing
@testable import Web

/// Cells of one line, parted by the byte 0x1F; behind the byte 0x1E, a time for a column of dates.
///
/// Laws: the line reads back as these cells, by RFC 4180 to the letter; and no cell begins a formula.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzCSV(_ start: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = input(start, size)
    if bytes.first == 0x1E {
        checkTime(bytes.dropFirst())
        return 0
    }
    let cells = bytes.split(separator: 0x1F, omittingEmptySubsequences: false).map {
        String(decoding: $0, as: UTF8.self)
    }
    let line = Array(CSV.line(cells).utf8)
    guard let records = PlainCSV.records(line), records.count == 1 else {
        require(false, "a line is one record")
        return 0
    }
    require(records[0].count == cells.count, "a record has as many cells as it was given")
    for (read, cell) in zip(records[0], cells) {
        let text = Array(cell.utf8)
        require(read == text || read == [UInt8(ascii: "'")] + text, "a cell reads back")
        require(!PlainCSV.isFormula(read), "no cell begins a formula")
    }
    return 0
}

private let zones = ["UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Apia"].compactMap(
    LocalTime.init(ianaName:)
)

private func checkTime(_ bytes: ArraySlice<UInt8>) {
    var seconds: Int64 = 0
    for byte in bytes.prefix(8) { seconds = seconds << 8 | Int64(byte) }
    for zone in zones {
        let text = zone.text(Instant(unixSeconds: seconds))
        require(text.utf8.allSatisfy { "0123456789-: ".utf8.contains($0) }, "a time is digits: \(text)")
    }
}
