/**
 * What the servers and drivers of Fustor say in words, which is English, in Simplified Chinese. Words
 * that are not here, such as those of drivers by others, are shown as they are. A test holds this
 * against the sources that say it.
 */
export const serverWordsZh: Readonly<Record<string, string>> = {
  // The options of the drivers.
  "The absolute path of the folder to report.": "要上报的目录的绝对路径。",
  "What to report of it, and how to look.": "上报哪些内容,以及如何查看。",
  "A glob that file names must match. Folders are always reported.":
    "文件名须匹配的通配符。目录总会上报。",
  "Patterns in the manner of .gitignore, relative to uri.":
    "排除规则,写法同 .gitignore,相对于 uri。",
  "What tells about changes. auto takes the best that works here.":
    "用什么得知变更。auto 选用此处可用的最佳方式。",
  "How long this host may see old attributes. Default: 0 on local file systems, else 60.":
    "本机可能看到旧属性的时长(秒)。默认:本地文件系统为 0,否则为 60。",
  "Print every message as a line of JSON. Otherwise batches are only counted.":
    "将每条消息打印为一行 JSON;否则只统计批次。",
  "How often to ask for an audit. 0: never.": "请求审计的间隔(秒)。0:从不。",
  "Where Fusion listens, e.g. http://localhost:8102.": "Fusion 的地址,例如 http://localhost:8102。",
  "A key of Fusion that may ingest into the pipe.": "可向该管道上报的 Fusion 密钥。",
  "How to speak: auto offers v2 and takes v1 from an older Fusion.":
    "通信协议:auto 优先 v2,遇到较旧的 Fusion 时用 v1。",
  "How v2 writes batches: auto is binary, and JSON for a Fusion that does not read it.":
    "v2 的批次编码:auto 为二进制,若 Fusion 不支持则用 JSON。",
  "How long one request may take.": "单个请求的时限(秒)。",
  "Authorities in PEM that an https endpoint may be certified by, in place of those of the machine.":
    "用于验证 https 地址的 CA 证书(PEM),取代本机自带的。",
  "Certificate in PEM that the agent shows, where Fusion sets listen.tls.client_ca.":
    "代理出示的证书(PEM),用于设置了 listen.tls.client_ca 的 Fusion。",
  "The private key of client_cert in PEM.": "client_cert 的私钥(PEM)。",
  // What an option of theirs has to be.
  "an absolute path": "绝对路径",
  "a glob for names, without / and with every [ and { closed":
    "文件名通配符,不含 /,且每个 [ 和 { 都要闭合",
  "an http or https address such as http://localhost:8102, without ? and #":
    "http 或 https 地址,例如 http://localhost:8102,不含 ? 和 #",
  // Why a back end watches.
  "the best on Linux": "Linux 上的最佳方式",
  "asked for": "按配置选用",
  "inotify is Linux only": "inotify 仅适用于 Linux",
  // Why something was lost.
  "too many changes at once": "变更过多",
  "too many new folders at once": "新目录过多",
  "too many folders became readable at once": "同时变为可读的目录过多",
  "inotify queue overflow": "inotify 队列溢出",
  "parcel told more than could be heard": "parcel 的通知过多",
  "watcher died": "监听中断",
  "buffer full": "缓冲区已满",
  "session ended": "会话结束",
  "listing torn": "列表被打断",
  "too many gaps": "缺口过多",
  "too old": "消息过旧",
  reset: "视图已重置",
  "accepted root": "接受了新的根目录",
  "restarted agent": "代理已重启",
  "restored log": "从备份恢复",
  "damaged log": "日志损坏",
  "something above": "上级目录有缺口",
  // Why a scan failed.
  "The source of the leader cannot list on demand.": "领导代理的数据源不支持按需列出。",
  "Too many scans wait already.": "等待中的扫描过多。",
};
