import Foundation

/// Finds Chart.js, which draws the charts of the usage page.
///
/// It is not part of this repository; an installed package provides the file.
enum ChartScript {
    /// The paths at which Debian's package libjs-chart.js installs it.
    private static let places = [
        "/usr/share/javascript/chart.js/chart.min.js", "/usr/share/javascript/chart.js/Chart.min.js",
    ]
    private static let maximumBytes = 4 << 20

    /// The value of CHART_JS_PATH that turns charts off.
    static let none = "none"

    /// Reads the configured file, or else the first of the known paths that exists.
    static func find(configured path: String?) -> [UInt8]? {
        path == none ? nil : (path.map { [$0] } ?? places).lazy.compactMap(read).first
    }

    /// - Returns: `nil` if the path is not a regular file, is empty, or is larger than 4 MiB.
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
