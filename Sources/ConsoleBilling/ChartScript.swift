import Foundation

/// Chart.js, which draws the charts of the page: not ours, never committed, and served from where a package puts it.
enum ChartScript {
    /// Where Debian's package libjs-chart.js has it.
    private static let places = [
        "/usr/share/javascript/chart.js/chart.min.js", "/usr/share/javascript/chart.js/Chart.min.js",
    ]
    private static let maximumBytes = 4 << 20

    /// The word for a page without charts.
    static let none = "none"

    /// The first that there is.
    static func find(configured path: String?) -> [UInt8]? {
        path == none ? nil : (path.map { [$0] } ?? places).lazy.compactMap(read).first
    }

    /// - Returns: `nil` for what is no file, is empty, or is larger than any version of it.
    static func read(_ path: String) -> [UInt8]? {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue,
            let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0,
            size <= maximumBytes,
            let data = FileManager.default.contents(atPath: path), 1...maximumBytes ~= data.count
        else { return nil }
        return Array(data)
    }
}
