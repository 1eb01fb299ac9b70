// The request classes of the open plan as a table: a row for each property, a column for each class.
#pragma once

#include "core/plan/fields.h"
#include "ui/document.h"

#include <QAbstractTableModel>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace headroom::ui {

/// Reads and writes the classes through the document, so that every change is an undo step. A text that is refused
/// stays in its cell with the reason until it is mended; the plan is then as before.
class ClassesModel final : public QAbstractTableModel {
    Q_OBJECT

public:
    enum class Kind {
        name,
        rate,   ///< share of the arrival rate, req/s; setting it leaves the rates of the other classes
        number, ///< one of classFields()
        shape   ///< distribution of lengths
    };
    struct Property {
        Kind kind = Kind::number;
        std::string key;    ///< within the class: "prompt_tokens_mean"
        QString label, tip; ///< label with unit
        const ClassField* field = nullptr;
    };

    explicit ClassesModel(Document& document, QObject* parent = nullptr);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex&, int role) const override;
    QVariant headerData(int section, Qt::Orientation, int role) const override;
    Qt::ItemFlags flags(const QModelIndex&) const override { return kFlags; }
    bool setData(const QModelIndex&, const QVariant& value, int role) override;

    const Property& property(int row) const { return m_properties[static_cast<std::size_t>(row)]; }
    /// Row of a property, -1 if there is none: "share".
    int rowOf(std::string_view key) const;
    /// What is wrong with a cell, as typed or as it clashes with other fields; empty = nothing.
    QString errorAt(const QModelIndex&) const;
    /// The first of those, with the names of class and property; empty = none.
    QString firstError() const;
    /// Shapes that lengths can have, in the order of LengthShape: those of the workload's own lengths.
    static std::vector<Choice> shapes();

    bool canAdd() const;
    /// A class with the workload's own lengths, or those of the last class. Its column; -1 if there is no room.
    int add();
    /// A copy of a class behind it, the share of the two that of the one. Its column; -1 if there is no room.
    int duplicate(int column);
    void remove(int column);

private:
    static constexpr Qt::ItemFlags kFlags = Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsEditable;
    using Cell = std::pair<int, int>; ///< row, column
    struct Refused {
        QString typed, why;
    };

    const std::vector<RequestClass>& classes() const { return m_document.plan().workload.classes; }
    QString valueText(const Property&, const RequestClass&) const;
    double rateOf(const RequestClass&) const;
    Result<Plan> changed(const Property&, int column, const QString& typed) const;
    Result<Plan> withRate(int column, const QString& typed) const;
    QString freeName(const QString& wanted) const;
    void replaceClasses(std::vector<RequestClass>, const QString& undoText);
    void refresh();

    Document& m_document;
    std::vector<Property> m_properties;
    std::map<Cell, Refused> m_refused;
    int m_columns = 0; ///< as the views know them
};

} // namespace headroom::ui
