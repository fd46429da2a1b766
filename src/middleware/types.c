/* The media types of files by extension, as browsers need them for a page and its parts. Types are those of the IANA
 * registry if it has them. Text has a charset, because browsers would guess it otherwise. */
#include <mocket.h>

#include <string.h>

#define UTF_8 "; charset=utf-8"

static const struct {
    char extension[12]; /* lower case */
    const char *type;
} types[] = {
    { "html", "text/html" UTF_8 },
    { "htm", "text/html" UTF_8 },
    { "css", "text/css" UTF_8 },
    { "js", "text/javascript" UTF_8 },
    { "mjs", "text/javascript" UTF_8 },
    { "json", "application/json" UTF_8 },
    { "map", "application/json" UTF_8 },
    { "svg", "image/svg+xml" UTF_8 },
    { "png", "image/png" },
    { "jpg", "image/jpeg" },
    { "jpeg", "image/jpeg" },
    { "webp", "image/webp" },
    { "avif", "image/avif" },
    { "gif", "image/gif" },
    { "ico", "image/vnd.microsoft.icon" },
    { "woff2", "font/woff2" },
    { "woff", "font/woff" },
    { "wasm", "application/wasm" },
    { "txt", "text/plain" UTF_8 },
    { "md", "text/markdown" UTF_8 },
    { "xml", "text/xml" UTF_8 },
    { "webmanifest", "application/manifest+json" UTF_8 },
    { "pdf", "application/pdf" },
    { "csv", "text/csv" UTF_8 },
    { "xhtml", "application/xhtml+xml" UTF_8 },
    { "rss", "application/rss+xml" UTF_8 },
    { "atom", "application/atom+xml" UTF_8 },
    { "jsonld", "application/ld+json" UTF_8 },
    { "geojson", "application/geo+json" UTF_8 },
    { "yaml", "application/yaml" UTF_8 },
    { "yml", "application/yaml" UTF_8 },
    { "toml", "application/toml" UTF_8 },
    { "vtt", "text/vtt" UTF_8 },
    { "ics", "text/calendar" UTF_8 },
    { "vcf", "text/vcard" UTF_8 },
    { "log", "text/plain" UTF_8 },
    { "conf", "text/plain" UTF_8 },
    { "ttf", "font/ttf" },
    { "otf", "font/otf" },
    { "ttc", "font/collection" },
    { "eot", "application/vnd.ms-fontobject" },
    { "apng", "image/apng" },
    { "bmp", "image/bmp" },
    { "tif", "image/tiff" },
    { "tiff", "image/tiff" },
    { "jxl", "image/jxl" },
    { "heic", "image/heic" },
    { "mp4", "video/mp4" },
    { "m4v", "video/mp4" },
    { "webm", "video/webm" },
    { "ogv", "video/ogg" },
    { "mov", "video/quicktime" },
    { "avi", "video/x-msvideo" },
    { "mkv", "video/matroska" },
    { "mpeg", "video/mpeg" },
    { "mpd", "application/dash+xml" },
    { "m3u8", "application/vnd.apple.mpegurl" },
    { "ts", "video/mp2t" },
    { "mp3", "audio/mpeg" },
    { "m4a", "audio/mp4" },
    { "aac", "audio/aac" },
    { "ogg", "audio/ogg" },
    { "oga", "audio/ogg" },
    { "opus", "audio/ogg" },
    { "flac", "audio/flac" },
    { "wav", "audio/wav" },
    { "mid", "audio/midi" },
    { "zip", "application/zip" },
    { "gz", "application/gzip" },
    { "tgz", "application/gzip" },
    { "tar", "application/x-tar" },
    { "bz2", "application/x-bzip2" },
    { "xz", "application/x-xz" },
    { "zst", "application/zstd" },
    { "7z", "application/x-7z-compressed" },
    { "rar", "application/vnd.rar" },
    { "epub", "application/epub+zip" },
    { "rtf", "application/rtf" },
    { "doc", "application/msword" },
    { "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
    { "xls", "application/vnd.ms-excel" },
    { "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
    { "ppt", "application/vnd.ms-powerpoint" },
    { "pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation" },
    { "odt", "application/vnd.oasis.opendocument.text" },
    { "ods", "application/vnd.oasis.opendocument.spreadsheet" },
    { "odp", "application/vnd.oasis.opendocument.presentation" },
    { "gltf", "model/gltf+json" },
    { "glb", "model/gltf-binary" },
    { "stl", "model/stl" },
    { "jar", "application/java-archive" },
    { "apk", "application/vnd.android.package-archive" },
    { "p12", "application/pkcs12" },
    { "pem", "application/x-pem-file" },
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool same(const char *extension, const char *name_end)
{
    while (*extension && *extension == lower(*name_end)) {
        extension++;
        name_end++;
    }
    return !*extension && !*name_end;
}

const char *mocket_type_of(const char *file_name)
{
    const char *slash = strrchr(file_name, '/');
    const char *base = slash ? slash + 1 : file_name, *dot = strrchr(base, '.');
    if (dot && dot > base)
        for (size_t i = 0; i < sizeof types / sizeof *types; i++)
            if (same(types[i].extension, dot + 1))
                return types[i].type;
    return "application/octet-stream";
}
