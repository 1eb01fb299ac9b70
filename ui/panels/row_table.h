// A table of texts to read. One that stands on a page with others is as high as its rows, and the page scrolls: a scroll
// bar inside another one hides what is below twice.
#pragma once

#include <QTableWidget>

#include <vector>

namespace headroom::ui {

class RowTable final : public QTableWidget {
    Q_OBJECT

public:
    enum class Kind {
        numbers, ///< as high as its rows; the last column stands beside the others
        words,   ///< as high as its rows; the last column takes the room that is left, and breaks its words
        many,    ///< fills its page and scrolls
    };

    RowTable(const QString& name, Kind);

    /// Texts in place of what was there; only what differs is written. Columns from `firstNumber`, which goes with the
    /// header, stand to the right.
    void fill(const QStringList& header, const std::vector<QStringList>& rows, int firstNumber);
    /// At which nothing is cut and no line broken.
    int wantedWidth() const;

protected:
    void resizeEvent(QResizeEvent*) override;

private:
    void fit();
    void write(int row, int column, const QString& words, Qt::Alignment);

    Kind m_kind;
    QStringList m_header;
    std::vector<QStringList> m_rows;
    std::vector<int> m_widths; ///< of the columns, as their contents need
};

} // namespace headroom::ui
