// A small table in a box: names at the left, values at the right of them. For the docks.
#pragma once

#include <QString>
#include <QWidget>

#include <vector>

namespace headroom::ui {

struct ValueRow {
    QString name, value;
    bool isAside = false; ///< what the row above is compared with: in grey
    friend bool operator==(const ValueRow&, const ValueRow&) = default;
};

/// Takes the height of its rows. A value that does not fit beside its name loses its end; the tooltip has all of it.
/// Right-click copies.
class ValueRows final : public QWidget {
    Q_OBJECT

public:
    explicit ValueRows(QWidget* parent = nullptr);

    void setRows(std::vector<ValueRow>);
    /// "TTFT p95: 401 ms", a row a line: what is copied and read out.
    static QString inWords(const std::vector<ValueRow>&);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent*) override;
    void contextMenuEvent(QContextMenuEvent*) override;

private:
    int neededHeight() const;

    std::vector<ValueRow> m_rows;
};

} // namespace headroom::ui
